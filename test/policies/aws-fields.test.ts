// Every type and property that a rule reads of an AWS resource exists in the SDK's own type definitions.
import { afterEach, describe, expect, it, vi } from "vitest";
import { packRules } from "../../policies/pack-rules.ts";
import type { Subject } from "../../policies/rule.ts";
import { Value } from "../../policies/value.ts";
import { hasInput, hasType } from "./aws-definitions.ts";
import { allCases } from "./cases/all-cases.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** What the engine adds to what a program sets. */
const OUTPUTS = new Set(["id"]);
/** Rules about pools read node groups and Karpenter's objects alike; this is the root of the latter. */
const KUBERNETES_ROOT = "spec";

/** Paths that rules read of AWS resources while they judge all cases, each after its type. */
function pathsRead(): ReadonlySet<string> {
  const paths = new Set<string>();
  const read = Value.prototype.at;
  vi.spyOn(Value.prototype, "at").mockImplementation(function (this: Value, ...keys) {
    const found = read.apply(this, keys);
    if (found.path.startsWith("aws:")) paths.add(found.path);
    return found;
  });
  const context = { environment: "prod", config: new Value("", {}), now: new Date() };
  for (const { pass, fail, unknown } of allCases) {
    for (const { resources } of [...pass, ...fail, ...unknown]) {
      const subjects = resources.map(({ type, urn, name, props }): Subject => {
        return { type, urn, name, props: new Value(type, props) };
      });
      for (const rule of packRules) {
        for (const subject of subjects) if (rule.types.test(subject.type)) rule.check?.(subject, context);
        rule.checkStack?.(subjects, context);
      }
    }
  }
  return paths;
}

/** `aws:eks/cluster:Cluster.vpcConfig.subnetIds[0]` → type and names. */
function toNames(path: string): { readonly token: string; readonly names: readonly string[] } {
  const [token = ""] = /^aws:[\w/]+:\w+/.exec(path) ?? [];
  const names = [...path.slice(token.length).matchAll(/\.([\w$-]+)|\["([^"]+)"\]/g)];
  return { token, names: names.map(([, plain, quoted]) => plain ?? quoted ?? "") };
}

/** The type tokens that a rule's pattern spells out, its groups multiplied. */
function tokensOf(pattern: string): readonly string[] {
  const group = /\(([^()]*)\)(\?)?/.exec(pattern);
  if (group === null) return pattern.split("|");
  const [whole, inside = "", optional] = group;
  const choices = [...inside.split("|"), ...(optional === undefined ? [] : [""])];
  // Alternatives beside the group are none of its own.
  const start = pattern.lastIndexOf("|", group.index) + 1;
  const stop = pattern.indexOf("|", group.index + whole.length);
  const end = stop === -1 ? pattern.length : stop;
  const own = pattern.slice(start, end);
  const rest = [pattern.slice(0, start), pattern.slice(end)]
    .join("")
    .split(/^\||\|$/)
    .join("");
  const mine = choices.map((choice) => own.replace(whole, choice));
  return [...mine.flatMap(tokensOf), ...(rest === "" ? [] : tokensOf(rest))];
}

describe("the rules' words for AWS", () => {
  it("are types of the SDK", () => {
    const sources = packRules.map(({ types }) => types.source.replaceAll(/[\\^$]/g, ""));
    const tokens = new Set(sources.flatMap(tokensOf).filter((token) => /^aws:[\w/]+:\w+$/.test(token)));
    expect(tokens.size).toBeGreaterThan(30);
    expect([...tokens].filter((token) => !hasType(token))).toEqual([]);
  });

  it("are inputs of those types, at every depth", () => {
    const read = [...pathsRead()].map((path) => ({ path, ...toNames(path) }));
    const foreign = read.filter(({ token, names: [root = ""] }) => {
      return !OUTPUTS.has(root) && root !== KUBERNETES_ROOT && hasType(token);
    });
    expect(foreign.length).toBeGreaterThan(60);
    expect(foreign.filter(({ token, names }) => !hasInput(token, names)).map(({ path }) => path)).toEqual([]);
  });

  it("would not pass with a wrong one", () => {
    expect(hasType("aws:eks/cluster:Clusters")).toBe(false);
    expect(hasInput("aws:eks/cluster:Cluster", ["vpcConfig", "endpointPublicAccess"])).toBe(true);
    expect(hasInput("aws:eks/cluster:Cluster", ["vpcConfig", "publicEndpoint"])).toBe(false);
    expect(hasInput("aws:eks/cluster:Cluster", ["endpointPublicAccess"])).toBe(false);
    expect(hasInput("aws:rds/instance:Instance", ["storageEncrypted", "enabled"])).toBe(false);
    expect(hasInput("aws:s3/bucketPolicy:BucketPolicy", ["policy", "Statement"])).toBe(true);
  });
});
