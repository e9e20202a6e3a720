// Names of a preview environment, all from its git branch: slug, stack, namespace. Pure.
import { shortHash } from "../../components/kit/names.ts";

const PREFIX = "branch-";
const LONGEST_SLUG = 30;

export type BranchNames = {
  /** As git has it. */
  readonly branch: string;
  readonly stack: string;
  readonly namespace: string;
};

export function namesOf(branch: string): BranchNames {
  const slug = branchSlug(branch);
  return { branch, stack: `${PREFIX}${slug}`, namespace: `rampa-${slug}` };
}

export function isBranchStack(stack: string): boolean {
  return stack.startsWith(PREFIX);
}

/**
 * `feature/Login_page` → `feature-login-page`: lower-case letters, digits and single dashes. Where a cut, or a
 * character that is neither letter, digit nor separator, is lost, a hash of the whole keeps slugs apart.
 */
export function branchSlug(branch: string): string {
  const plain = branch
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
  const isWhole = /^[a-zA-Z0-9/._-]*$/.test(branch) && plain !== "" && plain.length <= LONGEST_SLUG;
  if (isWhole) return plain;
  const hash = shortHash(branch);
  const head = plain.slice(0, LONGEST_SLUG - hash.length - 1).replace(/-$/, "");
  return head === "" ? hash : `${head}-${hash}`;
}

/**
 * What git asks of a branch's name, or undefined where `name` is one. Checked, as the name stands in messages and
 * in a file. Source: git-check-ref-format(1).
 */
export function findNameProblem(name: string): string | undefined {
  if (name === "" || name.length > 200) return "1 to 200 characters";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: git forbids them.
  if (/[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\//.test(name)) {
    return "a branch's name, without spaces, control characters, any of ~^:?*[\\, `..`, `//` or `@{`";
  }
  if (/^[-/.]|[/.]$|\/\.|\.lock(\/|$)/.test(name) || name === "@") {
    return "a branch's name, no part of which begins with a dot or ends with `.lock`, and which neither begins nor ends with a slash, a dash or a dot";
  }
  return undefined;
}
