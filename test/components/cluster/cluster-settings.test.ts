// Settings of a cluster: every pair that cannot work is refused at once, with what to write instead.
import { describe, expect, it } from "vitest";
import { type ClusterSettings, clusterSettingsOn } from "../../../components/cluster/cluster.args.ts";
import { ConfigError, parseConfig } from "../../../serving/contract/config-error.ts";
import { AUDIT, PLATFORM, SEARCH, settings } from "./cluster-example.ts";

const parse = (change: object, today = "2026-11-21"): ClusterSettings =>
  parseConfig(
    clusterSettingsOn(today),
    { ...settings, asOf: undefined, ...change },
    { source: "c", next: "n" },
  );

function problemsOf(change: object, today?: string): string[] {
  try {
    parse(change, today);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ path, want }) => `${path}: ${want}`);
  }
}

const access = (change: object) => ({ access: { admins: [PLATFORM], ...change } });
const pool = (systemPool: object) => ({ systemPool });
const ranges = (...cidrs: string[]) => ({ publicAccess: { cidrs } });
const BOTTLEROCKET = "an instance type of architecture x86_64, which the image BOTTLEROCKET_x86_64 is for";
const NARROW = "a range of prefix /16 or longer, so that it names callers";

describe("settings of a cluster", () => {
  it("are complete with a name, a region and an administrator", () => {
    expect(problemsOf({})).toEqual([]);
    expect(parse({})).toMatchObject({ mode: "standard", version: "1.35", protect: true, zonalShift: true });
  });

  // biome-ignore format: a table, one row a line
  it.each([
    ["nobody as administrator", access({ admins: [] }), ["access.admins: at least one role: the cluster's creator gets no rights by itself"]],
    ["a user as administrator", access({ admins: ["arn:aws:iam::123456789012:user/ann"] }), ["access.admins.0: the ARN of an IAM role, e.g. arn:aws:iam::123456789012:role/platform"]],
    ["a role with two kinds of access", access({ viewers: [{ role: PLATFORM, scope: "cluster" }] }), ["access.viewers.0.role: each role once, with one kind of access"]],
    ["a role of another partition", access({ admins: ["arn:aws-cn:iam::123456789012:role/platform"] }), ["access.admins.0: the ARN of an IAM role, e.g. arn:aws:iam::123456789012:role/platform"]],
    ["developers of no namespace", access({ developers: [{ role: SEARCH }] }), ['access.developers.0.namespaces: at least one namespace, or `scope: "cluster"` beside it']],
    ["viewers of the cluster and of a namespace", access({ viewers: [{ role: AUDIT, scope: "cluster", namespaces: ["rampa"] }] }), ['access.viewers.0.namespaces: no namespaces, as `scope` is "cluster"']],
    ["an API for everybody", ranges("0.0.0.0/0"), [`publicAccess.cidrs.0: ${NARROW}`]],
    ["an API for an eighth of the internet", ranges("198.51.100.0/24", "32.0.0.0/3"), [`publicAccess.cidrs.1: ${NARROW}`]],
    ["an API for one range too wide by a bit", ranges("198.50.0.0/15", "198.51.0.0/16"), [`publicAccess.cidrs.0: ${NARROW}`]],
    ["an API for private addresses", ranges("10.1.0.0/16"), ["publicAccess.cidrs.0: a range of public addresses"]],
    ["an API for an address without a prefix", ranges("198.51.100.7"), ["publicAccess.cidrs.0: a range of IPv4 addresses, e.g. 198.51.100.0/24"]],
    ["an API for no address", ranges(), ["publicAccess.cidrs: at least one range"]],
    ["an API for more ranges than EKS takes", ranges(...Array.from({ length: 41 }, (_, index) => `198.51.${index}.0/24`)), ["publicAccess.cidrs: at most 40 ranges"]],
    ["a version that EKS never had", { version: "1.9" }, ['version: one of "1.31", "1.32", "1.33", "1.34", "1.35", "1.36"']],
    ["a retention that CloudWatch does not take", { logRetentionDays: 100 }, ["logRetentionDays: one of 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557"]],
    ["a region that is none", { region: "europe" }, ["region: a region of components/contract/regions.ts, e.g. eu-central-1"]],
    ["a day that is none", { asOf: "yesterday" }, ["asOf: a day such as 2026-11-21"]],
    ["ARM nodes with an x86 image", pool({ instanceTypes: ["m7i.large", "m7g.large"] }), [`systemPool.instanceTypes.1: ${BOTTLEROCKET}`]],
    ["x86 nodes with an ARM image", pool({ amiType: "AL2023_ARM_64_STANDARD" }), ["systemPool.instanceTypes.0: an instance type of architecture arm64, which the image AL2023_ARM_64_STANDARD is for"]],
    ["GPUs among the system nodes", pool({ instanceTypes: ["g6.xlarge"] }), ["systemPool.instanceTypes.0: an instance type without GPUs: those belong in a GPU pool"]],
    ["an instance type without a price", pool({ instanceTypes: ["m99.large"] }), ["systemPool.instanceTypes.0: an instance type of the instance table"]],
    ["an instance type twice", pool({ instanceTypes: ["m7i.large", "m7i.large"] }), ["systemPool.instanceTypes.1: each instance type once"]],
    ["no instance type", pool({ instanceTypes: [] }), ["systemPool.instanceTypes: at least one instance type"]],
    ["a GPU image for system nodes", pool({ amiType: "AL2023_x86_64_NVIDIA" }), ['systemPool.amiType: one of "BOTTLEROCKET_x86_64", "BOTTLEROCKET_ARM_64", "BOTTLEROCKET_x86_64_FIPS", "BOTTLEROCKET_ARM_64_FIPS", "AL2023_x86_64_STANDARD", "AL2023_ARM_64_STANDARD"']],
    ["fewer nodes at most than at least", pool({ min: 5 }), ["systemPool.max: at least `min`, which is 5"]],
    ["more nodes at first than at most", pool({ desired: 5 }), ["systemPool.desired: from `min` to `max`: 2 to 4"]],
    ["fewer nodes at first than at least", pool({ desired: 1 }), ["systemPool.desired: from `min` to `max`: 2 to 4"]],
    ["an update of more nodes than there are", pool({ maxUnavailable: 5 }), ["systemPool.maxUnavailable: at most `max`, which is 4"]],
    ["no nodes", pool({ min: 0 }), ["systemPool.min: a whole number from 1 to 100"]],
    ["a disk too small for images", pool({ volumeGib: 8 }), ["systemPool.volumeGib: whole GiB from 20 to 16384"]],
    ["nodes of its own in Auto Mode", { mode: "auto", ...pool({}) }, ["systemPool: nothing, as Auto Mode brings the nodes"]],
    ["strict policies in Auto Mode", { mode: "auto", networkPolicy: "strict" }, ['networkPolicy: nothing or "standard": Auto Mode closes pods by the `networkPolicy` of a NodeClass']],
    ["an add-on that Auto Mode brings", { mode: "auto", addonVersions: { coredns: "v1.12.4-eksbuild.1", "metrics-server": "v0.8.0-eksbuild.2" } }, ["addonVersions.coredns: nothing, as Auto Mode brings this add-on"]],
    ["an add-on's version that is none", { addonVersions: { coredns: "latest" } }, ["addonVersions.coredns: an add-on's version, e.g. v1.20.4-eksbuild.2"]],
    ["a field that does not exist", { creatorIsAdmin: true }, ["creatorIsAdmin: no such field (check the spelling)"]],
  ])("refuse %s", (_title, change, expected) => {
    expect(problemsOf(change)).toEqual(expected);
  });

  it("refuse an add-on that does not exist", () => {
    const [problem] = problemsOf({ addonVersions: { calico: "v1.0.0-eksbuild.1" } });
    expect(problem).toMatch(/^addonVersions\.calico: /);
  });

  it("name every problem at once", () => {
    const wrong = { ...access({ admins: ["me"] }), ...ranges("0.0.0.0/0"), ...pool({ min: 5 }), region: "x" };
    expect(problemsOf(wrong).map((each) => each.split(":")[0])).toEqual([
      "region",
      "access.admins.0",
      "publicAccess.cidrs.0",
      "systemPool.max",
    ]);
  });
});

describe("support of a version", () => {
  const fitting = "1.35, 1.36";

  // biome-ignore format: a table, one row a line
  it.each([
    ["1.34", "standard", "2026-12-02", []],
    ["1.34", "standard", "2026-12-03", [`version: a version in standard support on 2026-12-03 (${fitting}), or \`support: "extended"\`, which costs six times as much`]],
    ["1.34", "extended", "2026-12-03", []],
    ["1.34", "extended", "2027-12-03", ["version: a version in standard support on 2027-12-03 (none is known)"]],
    ["1.31", "extended", "2026-11-27", ["version: a version in standard support on 2026-11-27 (1.34, 1.35, 1.36)"]],
  ])("%s with %s support on %s", (version, support, day, expected) => {
    expect(problemsOf({ version, support }, day)).toEqual(expected);
  });

  it("is judged on the day that the settings name before today", () => {
    expect(problemsOf({ version: "1.34", asOf: "2026-12-02" }, "2027-01-01")).toEqual([]);
    expect(problemsOf({ version: "1.34" }, "2027-01-01")).not.toEqual([]);
  });
});
