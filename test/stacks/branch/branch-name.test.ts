// Names of a preview environment: whatever git allows becomes a DNS label, and different branches stay apart.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dnsLabel } from "../../../components/kit/names.ts";
import { branchSlug, findNameProblem, isBranchStack, namesOf } from "../../../stacks/branch/branch-name.ts";

describe("branchSlug", () => {
  it.each([
    ["main", "main"],
    ["feature/Login_page", "feature-login-page"],
    ["fix//--..__x", "fix-x"],
    ["release/1.4.0", "release-1-4-0"],
    ["2024-plan", "2024-plan"],
    ["a".repeat(30), "a".repeat(30)],
    ["a".repeat(31), "aaaaaaaaaaaaaaaaaaaaa-61c60b48"],
    ["feature/a-very-long-name-of-a-branch", "feature-a-very-long-n-fc5a8a1d"],
    ["функция", "83207913"],
    ["fix/naïve", "fix-na-ve-7e71be60"],
  ])("turns %s into %s", (branch, slug) => {
    expect(branchSlug(branch)).toBe(slug);
  });

  const branch = fc.string({ unit: "grapheme", minLength: 1, maxLength: 80 });

  it("always gives at most 30 lower-case letters, digits and inner dashes", () => {
    fc.assert(
      fc.property(branch, (name) => {
        expect(branchSlug(name)).toMatch(/^(?=.{1,30}$)[a-z0-9]+(-[a-z0-9]+)*$/);
      }),
    );
  });

  it("gives names that Kubernetes takes", () => {
    fc.assert(
      fc.property(branch, (name) => {
        const { stack, namespace } = namesOf(name);
        expect([stack, `${namespace}-gateway`].map((it) => dnsLabel.safeParse(it).success)).toEqual([
          true,
          true,
        ]);
        expect(isBranchStack(stack)).toBe(true);
      }),
    );
  });

  it("keeps branches apart that differ in more than case and separators", () => {
    const plain = (name: string): string => name.toLowerCase().replaceAll(/[/._-]+/g, "-");
    fc.assert(
      fc.property(branch, branch, (one, other) => {
        fc.pre(plain(one) !== plain(other));
        const [a, b] = [branchSlug(one), branchSlug(other)];
        // Separators at the ends count for nothing.
        fc.pre(plain(one).replaceAll(/^-|-$/g, "") !== plain(other).replaceAll(/^-|-$/g, ""));
        expect(a).not.toBe(b);
      }),
    );
  });
});

describe("findNameProblem", () => {
  it.each(["main", "feature/Login_page", "fix/#12", "функция", "a-b.c"])("takes %s", (name) => {
    expect(findNameProblem(name)).toBeUndefined();
  });

  it.each([
    ["", "1 to 200 characters"],
    ["a".repeat(201), "1 to 200 characters"],
    ["a b", "without spaces"],
    ["a\nb", "without spaces"],
    ["a..b", "without spaces"],
    ["a//b", "without spaces"],
    ["a:b", "without spaces"],
    ["head@{1}", "without spaces"],
    ["-x", "neither begins nor ends"],
    ["/x", "neither begins nor ends"],
    ["x/", "neither begins nor ends"],
    ["x.", "neither begins nor ends"],
    ["a/.b", "no part of which begins with a dot"],
    ["a.lock", "ends with `.lock`"],
    ["@", "neither begins nor ends"],
  ])("refuses %j", (name, reason) => {
    expect(findNameProblem(name)).toContain(reason);
  });
});
