// Settings of who may call a cluster's API: IAM roles, each with one access policy in one scope.
import { z } from "zod";
import { dnsLabel } from "../kit/names.ts";

const roleArn = z
  .string()
  .regex(
    /^arn:aws:iam::\d{12}:role\/[\w+=,.@/-]+$/,
    "the ARN of an IAM role, e.g. arn:aws:iam::123456789012:role/platform",
  );

const grant = z
  .strictObject({
    role: roleArn.describe("ARN of the IAM role."),
    scope: z
      .enum(["namespaces", "cluster"])
      .default("namespaces")
      .describe("Whether the role reaches the whole cluster or `namespaces` only."),
    namespaces: z.array(dnsLabel).default([]).describe("Namespaces that the role reaches."),
  })
  .superRefine((it, context) => {
    const want = wantedNamespaces(it.scope, it.namespaces);
    if (want !== undefined) context.addIssue({ code: "custom", path: ["namespaces"], message: want });
  });

function wantedNamespaces(
  scope: "namespaces" | "cluster",
  namespaces: readonly string[],
): string | undefined {
  if (scope === "namespaces" && namespaces.length === 0)
    return 'at least one namespace, or `scope: "cluster"` beside it';
  return scope === "cluster" && namespaces.length > 0 ? 'no namespaces, as `scope` is "cluster"' : undefined;
}

export const accessSettings = z
  .strictObject({
    admins: z
      .array(roleArn)
      .min(1, "at least one role: the cluster's creator gets no rights by itself")
      .describe("Roles that may do everything; the one that runs Pulumi has to be among them."),
    developers: z
      .array(grant)
      .default([])
      .describe(
        "Roles that may change workloads and read Secrets, each `{ role, scope, namespaces }`; in the namespaces it names unless `scope` is `cluster`.",
      ),
    viewers: z
      .array(grant)
      .default([])
      .describe("Roles that may read everything but Secrets, in the same form."),
  })
  .superRefine((it, context) => {
    const roles = rolesOf(it);
    for (const [index, { role, path }] of roles.entries()) {
      if (roles.findIndex((other) => other.role === role) === index) continue;
      context.addIssue({ code: "custom", path, message: "each role once, with one kind of access" });
    }
  })
  .describe("Who may call the API, by access entries; nobody else may.");

type AccessSettings = z.output<typeof accessSettings>;

type RolePlace = { readonly role: string; readonly path: (string | number)[] };

/** Every role with the path of its setting. */
function rolesOf(access: Pick<AccessSettings, "admins" | "developers" | "viewers">): RolePlace[] {
  const named = (["developers", "viewers"] as const).flatMap((list) =>
    access[list].map(({ role }, index) => ({ role, path: [list, index, "role"] })),
  );
  return [...access.admins.map((role, index) => ({ role, path: ["admins", index] })), ...named];
}
