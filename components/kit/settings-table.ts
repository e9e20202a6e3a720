// Settings schema → the Markdown table of a README, so that documentation and checks cannot differ.
import { z } from "zod";

/** The part of JSON Schema that settings use. */
type Node = {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Node | boolean;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
  readonly oneOf?: readonly Node[];
  readonly not?: object;
};

type Row = {
  readonly path: string;
  readonly type: string;
  readonly leftOut: string;
  readonly description: string;
};

const BEGIN = "<!-- settings:begin (written by `npm run schema`) -->";
const END = "<!-- settings:end -->";

const HEADER: Row = { path: "field", type: "type", leftOut: "when left out", description: "meaning" };

/** One row a field, nested ones by their dotted path; columns are padded, as the formatter would do it. */
function settingsTable(schema: z.ZodType): string {
  // JSON Schema as data: its own type does not say which keywords a schema of settings can have.
  const root = z.toJSONSchema(schema, { io: "input", reused: "inline" }) as Node;
  const rows = rowsOf(root, "").map((row) => ({ ...row, path: `\`${row.path}\`` }));
  const cells = [HEADER, ...rows].map((row) => [row.path, row.type, row.leftOut, row.description]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const toLine = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const rule = toLine(widths.map((width) => "-".repeat(width)));
  return cells.flatMap((row, index) => (index === 0 ? [toLine(row), rule] : [toLine(row)])).join("\n");
}

/** `readme` with the table between its markers replaced; a readme without markers is returned as it is. */
export function withSettingsTable(readme: string, schema: z.ZodType): string {
  const [before, rest] = readme.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) return readme;
  return `${before}${BEGIN}\n${settingsTable(schema)}\n${END}${after}`;
}

function rowsOf(node: Node, path: string): Row[] {
  const variants = node.anyOf ?? node.oneOf ?? [];
  if (variants.some((it) => it.properties !== undefined)) {
    return merge(variants.flatMap((variant) => rowsOf(variant, path)));
  }
  const item = typeof node.additionalProperties === "object" ? node.additionalProperties : undefined;
  const nested = item === undefined ? [] : rowsOf(item, `${path}.*`);
  // What no value fits is there to be refused by name.
  const settable = Object.entries(node.properties ?? {}).filter(([, field]) => field.not === undefined);
  const fields = settable.flatMap(([key, field]) => {
    const inner = path === "" ? key : `${path}.${key}`;
    const required = node.required?.includes(key) ?? false;
    return [toRow(inner, field, required), ...rowsOf(field, inner)];
  });
  return [...fields, ...nested];
}

/** A field of several variants is listed once, with all that they say of it. */
function merge(rows: readonly Row[]): Row[] {
  const paths = [...new Set(rows.map(({ path }) => path))];
  return paths.map((path) => {
    const same = rows.filter((row) => row.path === path);
    const join = (field: keyof Row, by: string): string =>
      [...new Set(same.map((row) => row[field]))].join(by);
    const [type, leftOut] = [join("type", " or "), join("leftOut", " or ")];
    return { path, type, leftOut, description: join("description", " ") };
  });
}

function toRow(path: string, field: Node, required: boolean): Row {
  return {
    path,
    type: typeOf(field),
    leftOut: required ? "required" : defaultOf(field),
    description: field.description ?? "",
  };
}

function defaultOf(field: Node): string {
  if (field.default === undefined) return "none";
  const text = JSON.stringify(field.default);
  return text === "{}" ? "see its fields" : `\`${text}\``;
}

function typeOf(field: Node): string {
  if (field.const !== undefined) return `\`${JSON.stringify(field.const)}\``;
  if (field.enum !== undefined) return field.enum.map((it) => `\`${JSON.stringify(it)}\``).join(", ");
  const variants = field.anyOf ?? field.oneOf;
  if (variants !== undefined) return [...new Set(variants.map(typeOf))].join(" or ");
  if (field.items !== undefined) return `list of ${typeOf(field.items)}`;
  if (typeof field.additionalProperties === "object")
    return `mapping to ${typeOf(field.additionalProperties)}`;
  return field.type ?? "any";
}
