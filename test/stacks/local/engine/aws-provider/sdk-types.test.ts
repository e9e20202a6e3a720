// The reader of the SDK's declarations, against the TypeScript compiler and against all types of some services.
import { globSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { readDeclaration, readEnum } from "../../../../../stacks/local/engine/aws-provider/declarations.ts";
import { openSdkTypes } from "../../../../../stacks/local/engine/aws-provider/sdk-types.ts";

const folder = dirname(createRequire(import.meta.url).resolve("@pulumi/aws/package.json"));
const SERVICES = "{eks,rds,ecr,kms,iam,s3,secretsmanager,elasticache,sqs}";

/** Names of an interface's members, with `?` where they may be left out, as the compiler sees them. */
function membersByCompiler(file: string, name: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.ES2022);
  const found = source.statements.filter(ts.isInterfaceDeclaration).find((one) => one.name.text === name);
  return (found?.members ?? []).filter(ts.isPropertySignature).map((member) => {
    const isOptional = member.questionToken !== undefined;
    return `${member.name?.getText(source) ?? ""}${isOptional ? "?" : ""}`;
  });
}

describe("reading the SDK", () => {
  const sdk = openSdkTypes();

  it.each(["eks/cluster:Cluster", "eks/nodeGroup:NodeGroup", "rds/instance:Instance", "iam/role:Role"])(
    "sees in %s what the compiler sees",
    (token) => {
      const [path = "", name = ""] = token.split(":");
      const members = [...(sdk.resource(`aws:${token}`)?.inputs.values() ?? [])];
      const ours = members.map((member) => `${member.name}${member.isOptional ? "?" : ""}`);
      expect(ours).toEqual(membersByCompiler(join(folder, `${path}.d.ts`), `${name}Args`));
      expect(ours.length).toBeGreaterThan(5);
    },
  );

  it("knows every resource of the services that a platform uses", () => {
    const scripts = globSync(join(folder, SERVICES, "*.js")).map((file) => readFileSync(file, "utf8"));
    const tokens = scripts.flatMap((text) => /__pulumiType = '([^']+)'/.exec(text)?.[1] ?? []);
    expect(tokens.length).toBeGreaterThan(150);
    expect(tokens.filter((token) => sdk.resource(token) === undefined)).toEqual([]);
  });

  it("follows names into other files, and knows the values of enums", () => {
    const taints = sdk.resource("aws:eks/nodeGroup:NodeGroup")?.inputs.get("taints")?.type;
    const item = taints?.kind === "list" ? sdk.resolve(taints.item) : undefined;
    expect(item?.kind === "object" && [...item.members.keys()]).toEqual(["effect", "key", "value"]);
    const effect = sdk.resolve({ kind: "reference", name: "enums.iam.PolicyStatementEffect" });
    expect(effect).toEqual({ kind: "values", values: ["Allow", "Deny"] });
    expect(sdk.resolve({ kind: "reference", name: "pulumi.asset.Asset" })).toEqual({ kind: "open" });
  });

  it("finds files whose name is written in another case than their token", () => {
    expect(sdk.resource("aws:resiliencehub/v2InputSource:V2InputSource")).toBeDefined();
    expect(sdk.resource("aws:resourceexplorer/index:Index")).toBeDefined();
    expect(sdk.resource("aws:eks/nothing:Nothing")).toBeUndefined();
  });
});

describe("a declaration", () => {
  const text = [
    "export interface A {",
    "    /** first */",
    "    /** second\n     * line */",
    "    a?: pulumi.Input<string | undefined>;",
    '    "b-c": pulumi.Input<pulumi.Input<inputs.x.Y>[] | undefined>;',
    '    readonly staticSize: number | "auto";',
    "    d: pulumi.Input<{\n        [key: string]: pulumi.Input<number>;\n    }>;",
    "}",
    'export declare const E: {\n    readonly One: "one";\n    readonly Two: 2;\n};',
  ].join("\n");

  it("is read with optional members, lists, mappings, unions and docs", () => {
    expect([...(readDeclaration(text, "A")?.values() ?? [])]).toEqual([
      { name: "a", isOptional: true, type: { kind: "string" }, doc: "second line" },
      {
        name: "b-c",
        isOptional: true,
        type: { kind: "list", item: { kind: "reference", name: "inputs.x.Y" } },
        doc: "",
      },
      {
        name: "staticSize",
        isOptional: false,
        type: { kind: "union", options: [{ kind: "number" }, { kind: "literal", value: "auto" }] },
        doc: "",
      },
      { name: "d", isOptional: false, type: { kind: "record", value: { kind: "number" } }, doc: "" },
    ]);
    expect(readEnum(text, "E")).toEqual(["one", 2]);
  });

  it("that is not there is undefined, and one of another form is refused", () => {
    expect(readDeclaration(text, "B")).toBeUndefined();
    expect(() => readDeclaration("interface A {\n  a<T>(): void;\n}", "A")).toThrow(
      /form not known here: a<T>/,
    );
  });
});
