// Names and addresses of an instance: stable, apart from each other, and inside their range.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  chooseLinkIndex,
  firstLinkIndex,
  instanceOf,
  layoutOf,
  linkAt,
} from "../../../../stacks/local/cluster/instance.ts";

describe("instanceOf", () => {
  it("gives the same names for the same home and others for another", () => {
    expect(instanceOf("/a/.rampa")).toEqual(instanceOf("/a/.rampa"));
    expect(instanceOf("/a/.rampa").hash).not.toBe(instanceOf("/b/.rampa").hash);
  });

  it("keeps the link's name within the kernel's 15 characters", () => {
    fc.assert(fc.property(fc.string(), (home) => /^rmp[0-9a-f]{8}$/.test(instanceOf(home).veth)));
  });
});

describe("linkAt", () => {
  it("cuts 198.18.0.0/15 into pairs of host and node", () => {
    expect(linkAt(0)).toEqual({ cidr: "198.18.0.0/30", host: "198.18.0.1", node: "198.18.0.2" });
    expect(linkAt(64)).toEqual({ cidr: "198.18.1.0/30", host: "198.18.1.1", node: "198.18.1.2" });
    expect(linkAt(32_767)).toEqual({
      cidr: "198.19.255.252/30",
      host: "198.19.255.253",
      node: "198.19.255.254",
    });
  });

  it("never leaves the range, whatever the index", () => {
    fc.assert(fc.property(fc.nat(), (index) => /^198\.1[89]\.\d+\.\d+\/30$/.test(linkAt(index).cidr)));
  });
});

describe("chooseLinkIndex", () => {
  it("starts at the instance's own link", () => {
    expect(chooseLinkIndex("0000002a", ["10.0.0.1"])).toBe(42);
    expect(firstLinkIndex("0000802a")).toBe(42);
  });

  it("steps past links whose host or node address is in use, around the end of the range", () => {
    expect(chooseLinkIndex("0000002a", [linkAt(42).host, linkAt(43).node])).toBe(44);
    expect(chooseLinkIndex("00007fff", [linkAt(32_767).host])).toBe(0);
  });
});

describe("layoutOf", () => {
  it("keeps everything but logs and lock inside the directory that removal deletes", () => {
    const { root, logs, lock, ...inside } = layoutOf("/h");
    expect(Object.values(inside).filter((path) => !path.startsWith(`${root}/`))).toEqual([]);
    expect([logs, lock]).toEqual(["/h/logs", "/h/cluster.lock"]);
  });
});
