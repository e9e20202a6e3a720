// References in a plan: what the recorder stood in for ids and ARNs becomes what AWS has answered. Pure.
import type { Props } from "./api-row.ts";
import { isMap } from "./differences.ts";

/** What the recorder stands in for ids and ARNs is a word of these characters. */
const WORD = /[\w:/.-]*[\w-]/g;

export function resolved(props: Props, known: ReadonlyMap<string, string>): Props {
  const inside = (each: unknown): unknown => {
    if (typeof each === "string") return resolvedText(each, known);
    if (Array.isArray(each)) return each.map(inside);
    return isMap(each) ? resolved(each, known) : each;
  };
  return Object.fromEntries(Object.entries(props).map(([key, each]) => [key, inside(each)]));
}

function resolvedText(text: string, known: ReadonlyMap<string, string>): string {
  return text.replaceAll(WORD, (found) => {
    const whole = known.get(found);
    if (whole !== undefined) return whole;
    // Inside of an ARN that the program puts together the id comes last.
    const cut = found.lastIndexOf("/") + 1;
    return found.slice(0, cut) + (known.get(found.slice(cut)) ?? found.slice(cut));
  });
}

/** ARNs of the recorder that nothing answered to. */
export function unresolved(parameters: Props): string[] {
  return [...JSON.stringify(parameters).matchAll(/arn:aws:\w+:(?:us-east-1)?:123456789012:[\w/-]+/g)].map(
    ([text]) => `${text} stands for nothing that was made before`,
  );
}
