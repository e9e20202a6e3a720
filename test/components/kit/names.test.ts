// Names: valid DNS labels, unique when shortened, and refused when they could not be names.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { endpointName, semanticVersion, toDnsLabel, workloadName } from "../../../components/kit/names.ts";

const LABEL = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;

const part = fc.stringMatching(/^[a-z][a-z0-9]{0,40}$/);
const version = fc.tuple(fc.nat(999), fc.nat(999), fc.nat(999)).map((it) => it.join("."));

describe("names", () => {
  it("puts a version behind an endpoint with dashes for dots", () => {
    expect(workloadName("chat", "1.0.0")).toBe("chat-1-0-0");
    expect(workloadName("chat", "2.0.0-rc.1")).toBe("chat-2-0-0-rc-1");
  });

  it("makes a DNS label of 63 characters at most from any endpoint and version", () => {
    fc.assert(
      fc.property(part, version, (endpoint, of) => {
        expect(workloadName(endpoint, of)).toMatch(LABEL);
      }),
    );
  });

  it("keeps labels that differ only behind the cut apart", () => {
    const long = "a".repeat(70);
    expect(toDnsLabel(long, "x")).not.toBe(toDnsLabel(long, "y"));
    expect(toDnsLabel(long, "x")).toHaveLength(63);
  });

  it("gives the same label for the same parts", () => {
    const long = "b".repeat(80);
    expect(toDnsLabel(long)).toBe(toDnsLabel(long));
  });

  it("treats a part that is no label as a bug of the caller", () => {
    expect(() => toDnsLabel("Über")).toThrow("internal error");
  });

  it.each(["1.0", "v1.0.0", "01.0.0", "1.0.0+build", "1.0.0-RC1", "1.0.0-", ""])(
    "refuses version %j",
    (it) => {
      expect(semanticVersion.safeParse(it).success).toBe(false);
    },
  );

  it.each(["Chat", "1chat", "chat_a", "chat-", "", "a".repeat(41)])("refuses endpoint %j", (it) => {
    expect(endpointName.safeParse(it).success).toBe(false);
  });
});
