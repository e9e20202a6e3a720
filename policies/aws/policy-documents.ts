// Reads IAM policy documents, given as JSON text or as objects.
import { Value } from "../value.ts";

/** The document below the property's path: unknown and absent as the property is, absent too where the text is no JSON. */
export function documentOf(property: Value): Value {
  const text = property.text();
  return text === undefined ? property : new Value(property.path, parsed(text));
}

/** The statements of a document; a single one may stand without a list. */
export function statementsOf(document: Value): readonly Value[] {
  return oneOrMore(document.at("Statement"));
}

/** Statements that allow something, or may do so as long as they are not known. */
export function allowsOf(document: Value): readonly Value[] {
  return statementsOf(document).filter((statement) => statement.at("Effect").text() !== "Deny");
}

/** A value that may be a list or a single entry. */
export function oneOrMore(value: Value): readonly Value[] {
  if (Array.isArray(value.raw)) return value.items();
  return value.state === "absent" ? [] : [value];
}

/** Whether a principal is everybody. */
export function isAnyone(principal: Value): boolean {
  return [principal, ...oneOrMore(principal.at("AWS"))].some((each) => each.text() === "*");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
