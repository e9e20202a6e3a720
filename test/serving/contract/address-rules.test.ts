// Which addresses the gateway may connect to: the special ones of every registry, in each way of writing them.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createAddressRules, isNeverAllowed } from "../../../serving/contract/address-rules.ts";

const anyPublic = createAddressRules(undefined);

describe("addresses that may be called", () => {
  it.each([
    "1.1.1.1",
    "104.18.6.192",
    "172.32.0.1",
    "198.20.0.1",
    "2606:4700::6810:85e5",
    "64:ff9b::1.1.1.1",
  ])("are public ones, such as %s", (address) => expect(anyPublic.allows(address)).toBe(true));

  it.each([
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "169.254.170.23",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:10.0.0.1",
    "::ffff:a9fe:a9fe",
    "::ffff:8.8.8.8",
    "::127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::1",
    "2001:0:4136:e378::1",
    "2002:a9fe:a9fe::1",
    "2001:db8::1",
    "fd00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "2606:4700::1%eth0",
    "ff02::1",
    "localhost",
    "1.1.1",
    "",
  ])("are no others: not %s", (address) => expect(anyPublic.allows(address)).toBe(false));

  it("are those of the ranges alone where there are some", () => {
    const rules = createAddressRules(["10.1.0.0/16", "203.0.113.7/32", "fd12::/16"]);
    const all = ["10.1.2.3", "::ffff:10.1.2.3", "203.0.113.7", "fd12::9", "64:ff9b::10.1.2.3"];
    expect(all.filter((address) => !rules.allows(address))).toEqual([]);
    const none = ["10.2.0.1", "203.0.113.8", "1.1.1.1", "2606:4700::1", "fd13::1"];
    expect(none.filter((address) => rules.allows(address))).toEqual([]);
  });

  it("are never those that hand out credentials, whatever the ranges", () => {
    const rules = createAddressRules(["169.0.0.0/8", "168.0.0.0/8", "100.0.0.0/8", "fd00::/16"]);
    const never = [
      "169.254.169.254",
      "::ffff:169.254.169.254",
      "168.63.129.16",
      "100.100.100.200",
      "fd00:ec2::254",
    ];
    expect(never.filter((address) => rules.allows(address))).toEqual([]);
    expect(rules.allows("169.253.0.1")).toBe(true);
  });

  it("never depend on how an IPv4 address is wrapped in an IPv6 one", () => {
    const rules = createAddressRules(["10.0.0.0/8", "169.0.0.0/8"]);
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        expect(rules.allows(`::ffff:${address}`)).toBe(rules.allows(address));
        expect(rules.allows(`64:ff9b::${address}`)).toBe(rules.allows(address));
      }),
    );
  });
});

describe("a range of which nothing may be called", () => {
  it.each(["169.254.0.0/16", "169.254.169.254/32", "fe80::/10", "fd00:ec2::254/128", "224.0.0.0/8"])(
    "is %s",
    (range) => expect(isNeverAllowed(range)).toBe(true),
  );

  it.each(["169.0.0.0/8", "10.0.0.0/8", "fd00::/16", "127.0.0.0/8"])("is not %s", (range) =>
    expect(isNeverAllowed(range)).toBe(false),
  );
});
