// Plan of an encryption key → arguments of the key and its alias.
import type { AliasArgs } from "@pulumi/aws/kms/alias.js";
import type { KeyArgs } from "@pulumi/aws/kms/key.js";
import type { Input } from "@pulumi/pulumi";
import { iamPolicy } from "../kit/iam-policy.ts";
import type { EncryptionKeyPlan } from "./encryption.plan.ts";

/** A symmetric key of one region that AWS renews by itself. */
export function keyArgs(plan: EncryptionKeyPlan): KeyArgs {
  return {
    description: plan.description,
    enableKeyRotation: true,
    rotationPeriodInDays: plan.rotationPeriodInDays,
    deletionWindowInDays: plan.deletionWindowInDays,
    policy: iamPolicy(plan.policy),
  };
}

/** The name by which people find the key. */
export function aliasArgs(plan: EncryptionKeyPlan, keyId: Input<string>): AliasArgs {
  return { name: plan.alias, targetKeyId: keyId };
}
