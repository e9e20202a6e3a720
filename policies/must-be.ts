// Judges one property that has to have a certain value, absent or not.
import { type Finding, unknownAmong, violation } from "./rule.ts";
import type { Value } from "./value.ts";

/** A violation unless the value is right; an unknown finding while it is unknown. */
export function mustBe(
  value: Value,
  isRight: (value: Value) => boolean,
  message: string,
): readonly Finding[] {
  if (value.state === "unknown") return unknownAmong([value]);
  return isRight(value) ? [] : [violation(value, message)];
}

/** True, also as the text that some properties of the AWS provider take. */
export function isOn(value: Value): boolean {
  return value.flag() === true || value.text() === "true";
}
