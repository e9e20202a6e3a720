// Overrides: a patch merges plain fields, a function replaces, and neither touches the original.
import { output } from "@pulumi/pulumi";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyOverride } from "../../../components/kit/override.ts";

type Args = {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly ports: readonly number[];
};

const args: Args = { metadata: { name: "a", labels: { x: "1" } }, ports: [1, 2] };

describe("applyOverride", () => {
  it("returns the arguments as they are without an override", () => {
    expect(applyOverride(args, undefined)).toBe(args);
  });

  it("merges a patch field by field and replaces lists", () => {
    expect(applyOverride(args, { metadata: { labels: { y: "2" } }, ports: [3] })).toEqual({
      metadata: { name: "a", labels: { x: "1", y: "2" } },
      ports: [3],
    });
  });

  it("passes the arguments through a function", () => {
    const doubled = applyOverride(args, (it: Args) => ({ ...it, ports: it.ports.map((port) => port * 2) }));
    expect(doubled.ports).toEqual([2, 4]);
  });

  it("replaces an Output instead of merging into it", () => {
    const name = output("b");
    expect(applyOverride<{ name: object }>({ name: output("a") }, { name: name as never }).name).toBe(name);
  });

  it("leaves the original untouched and cannot reach a prototype, whatever the patch", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const before = JSON.stringify(args);
        applyOverride<object>(
          args,
          JSON.parse(`{"metadata": ${JSON.stringify(value)}, "__proto__": {"bad": 1}}`),
        );
        expect(JSON.stringify(args)).toBe(before);
        expect(Reflect.get({}, "bad")).toBeUndefined();
      }),
    );
  });
});
