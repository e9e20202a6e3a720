// The machine's fitness, decided from facts alone.
import { describe, expect, it } from "vitest";
import { judgeMachine, type MachineFacts } from "../../../../stacks/local/cluster/preflight.ts";

const GIB = 1024 ** 3;
const fit: MachineFacts = {
  platform: "linux",
  uid: 0,
  takenPorts: [],
  disks: [{ path: "/home", freeBytes: 50 * GIB }],
  isCached: true,
  memoryBytes: 8 * GIB,
  cgroupVersion: 2,
  missingNamespaces: [],
  missingTools: [],
  canInstall: true,
};

const codesOf = (change: Partial<MachineFacts>): readonly string[] =>
  judgeMachine({ ...fit, ...change }).map((problem) => problem.code);

describe("judgeMachine", () => {
  it("finds nothing wrong with a fit machine", () => {
    expect(codesOf({})).toEqual([]);
  });

  it.each<[string, Partial<MachineFacts>, string]>([
    ["another user than root", { uid: 1000 }, "cluster.root"],
    [
      "a taken port",
      { takenPorts: [{ port: 8080, setting: "rampa:local.gatewayPort" }] },
      "cluster.port-taken",
    ],
    ["little memory", { memoryBytes: 2.9 * GIB }, "cluster.memory"],
    ["no cgroups", { cgroupVersion: undefined }, "cluster.cgroups"],
    ["a kernel without namespaces", { missingNamespaces: ["net"] }, "cluster.namespaces"],
    ["missing tools and no apt-get", { missingTools: ["ip"], canInstall: false }, "cluster.tools"],
    ["a nearly full disk", { disks: [{ path: "/", freeBytes: 2.9 * GIB }] }, "cluster.disk"],
  ])("refuses %s", (_, change, code) => {
    expect(codesOf(change)).toEqual([code]);
  });

  it("says which port and which setting", () => {
    const [taken] = judgeMachine({
      ...fit,
      takenPorts: [{ port: 8080, setting: "rampa:local.gatewayPort" }],
    });
    expect(taken?.message).toContain("port 8080");
    expect(taken?.next).toContain("rampa:local.gatewayPort");
  });

  it("asks for more disk when the tools are still to be built", () => {
    const disks = [{ path: "/", freeBytes: 5 * GIB }];
    expect(codesOf({ disks })).toEqual([]);
    expect(codesOf({ disks, isCached: false })).toEqual(["cluster.disk"]);
  });

  it("accepts missing tools that apt-get can install", () => {
    expect(codesOf({ missingTools: ["ip"] })).toEqual([]);
  });

  it("reports all problems at once", () => {
    expect(codesOf({ uid: 1, memoryBytes: 0, cgroupVersion: undefined })).toEqual([
      "cluster.root",
      "cluster.memory",
      "cluster.cgroups",
    ]);
  });

  it("says only that Linux is needed on another system, since nothing else applies there", () => {
    expect(codesOf({ platform: "darwin", uid: 501, cgroupVersion: undefined })).toEqual(["cluster.platform"]);
  });
});
