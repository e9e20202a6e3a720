// IAM policy documents as typed data: the JSON that roles, buckets, keys and repositories take.
import { type Input, jsonStringify, type Output } from "@pulumi/pulumi";

/** Condition operator → condition key → allowed values. */
type Conditions = Readonly<
  Record<string, Readonly<Record<string, Input<string> | readonly Input<string>[]>>>
>;

export type IamStatement = {
  readonly sid: string;
  readonly effect?: "Allow" | "Deny";
  /** Only in a policy of a resource or a trust policy; `"*"` is everybody, and so for Deny only. */
  readonly principals?: Readonly<Record<string, Input<string> | readonly Input<string>[]>> | "*";
  readonly actions: readonly string[];
  /** ARNs; left out in a trust policy only. */
  readonly resources?: readonly Input<string>[];
  readonly conditions?: Conditions;
};

/** The document as JSON text; statements keep their order, so that equal input is no change. */
export function iamPolicy(statements: readonly IamStatement[]): Output<string> {
  return jsonStringify({ Version: "2012-10-17", Statement: statements.map(toStatement) });
}

/** A trust policy: which service may take the role, by which actions. Source: IAM, `AssumeRolePolicyDocument`. */
export function trustPolicy(
  service: string,
  actions: readonly string[] = ["sts:AssumeRole"],
): Output<string> {
  return iamPolicy([{ sid: "AllowService", principals: { Service: service }, actions }]);
}

function toStatement({ sid, effect = "Allow", principals, actions, resources, conditions }: IamStatement) {
  return {
    Sid: sid,
    Effect: effect,
    ...(principals !== undefined && { Principal: principals }),
    Action: actions,
    ...(resources !== undefined && { Resource: resources }),
    ...(conditions !== undefined && { Condition: conditions }),
  };
}
