// Reads the interfaces and classes of the AWS SDK's generated type declarations, which have one fixed form. Pure.

export type TypeNode =
  | { readonly kind: "string" | "number" | "boolean" | "any" }
  | { readonly kind: "literal"; readonly value: string | number | boolean }
  | { readonly kind: "list"; readonly item: TypeNode }
  | { readonly kind: "record"; readonly value: TypeNode }
  | { readonly kind: "union"; readonly options: readonly TypeNode[] }
  /** Another declaration by its dotted name, e.g. `inputs.eks.NodeGroupTaint`. */
  | { readonly kind: "reference"; readonly name: string };

export type Member = {
  readonly name: string;
  /** May be left out, or be undefined. */
  readonly isOptional: boolean;
  readonly type: TypeNode;
  readonly doc: string;
};

export type Declaration = ReadonlyMap<string, Member>;

/** The members of `interface NAME` or `class NAME` in `text`; undefined where it is not declared. */
export function readDeclaration(text: string, name: string): Declaration | undefined {
  const head = new RegExp(
    `^ *(?:export )?(?:declare )?(?:interface|class) ${name}(?: extends [\\w.]+)? \\{$`,
    "m",
  );
  const match = head.exec(text);
  return match ? readMembers({ text, at: match.index + match[0].length }) : undefined;
}

/** The text between the braces of `export declare namespace NAME`; undefined where there is none. */
export function readNamespace(text: string, name: string): string | undefined {
  const head = `\nexport declare namespace ${name} {\n`;
  const start = text.indexOf(head);
  if (start < 0) return undefined;
  return text.slice(start + head.length, text.indexOf("\n}", start));
}

/** Values of `export declare const NAME: { readonly Key: "value"; … }`; undefined where it is not declared. */
export function readEnum(text: string, name: string): readonly (string | number)[] | undefined {
  const body = new RegExp(`^export declare const ${name}: \\{\\n([^}]*)\\}`, "m").exec(text)?.[1];
  if (body === undefined) return undefined;
  const values = body.matchAll(/^\s*readonly [^:]+: (.+);$/gm);
  return [...values].map(([, value = ""]): string | number => JSON.parse(value));
}

type Cursor = { readonly text: string; at: number };

const SPACE_AND_DOCS = /\s*(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*)*/y;
const MEMBER = /(?:readonly )?(?:"([^"]+)"|([\w$]+))(\?)?: /y;
/** What a class has besides properties: a constructor and static functions, up to the end of their line. */
const OTHER = /(?:static |constructor\(|private |\/\/)[^\n]*\n/y;

function readMembers(cursor: Cursor): Declaration {
  const members = new Map<string, Member>();
  for (;;) {
    const doc = take(cursor, SPACE_AND_DOCS)?.[1] ?? "";
    if (cursor.text[cursor.at] === "}" || cursor.at >= cursor.text.length) return members;
    if (take(cursor, OTHER)) continue;
    const head = take(cursor, MEMBER);
    if (!head) throw unreadable(cursor);
    const name = head[1] ?? head[2] ?? "";
    const { type, isOptional } = withoutUndefined(readType(cursor));
    expect(cursor, ";");
    members.set(name, { name, isOptional: isOptional || head[3] === "?", type, doc: toLine(doc) });
  }
}

function toLine(doc: string): string {
  return doc.replaceAll(/\s*\n\s*\* ?/g, " ").trim();
}

const UNDEFINED = { kind: "reference", name: "undefined" } as const;

function withoutUndefined(type: TypeNode): { readonly type: TypeNode; readonly isOptional: boolean } {
  if (type.kind !== "union") return { type, isOptional: false };
  const options = type.options.filter((option) => !isUndefined(option));
  return { type: toUnion(options), isOptional: options.length < type.options.length };
}

function isUndefined(type: TypeNode): boolean {
  return type.kind === "reference" && type.name === UNDEFINED.name;
}

function toUnion(options: readonly TypeNode[]): TypeNode {
  const [first = UNDEFINED, ...others] = options;
  return others.length === 0 ? first : { kind: "union", options };
}

const WRAPPER = /(?:pulumi\.)?(?:Input|Output|Promise)</y;
const RECORD = /\{\s*\[key: string\]: /y;
const LITERAL = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|true\b|false\b/y;
const WORD = /[A-Za-z_$][\w$.]*/y;

function readType(cursor: Cursor): TypeNode {
  const options = [readListed(cursor)];
  while (take(cursor, / \| /y)) options.push(readListed(cursor));
  // `Input<X | undefined>` is one option that is itself a union.
  return toUnion(options.flatMap((option) => (option.kind === "union" ? option.options : [option])));
}

function readListed(cursor: Cursor): TypeNode {
  let type = readOne(cursor);
  while (take(cursor, /\[\]/y)) type = { kind: "list", item: type };
  return type;
}

function readOne(cursor: Cursor): TypeNode {
  if (take(cursor, WRAPPER)) return closed(cursor, readType(cursor), ">");
  if (take(cursor, /\(/y)) return closed(cursor, readType(cursor), ")");
  if (take(cursor, RECORD)) {
    const value = readType(cursor);
    expect(cursor, ";");
    take(cursor, /\s*/y);
    return closed(cursor, { kind: "record", value: withoutUndefined(value).type }, "}");
  }
  const literal = take(cursor, LITERAL)?.[0];
  if (literal !== undefined) return { kind: "literal", value: JSON.parse(literal) };
  const word = take(cursor, WORD)?.[0];
  if (word === undefined) throw unreadable(cursor);
  if (word === "string" || word === "number" || word === "boolean" || word === "any") return { kind: word };
  return { kind: "reference", name: word };
}

function closed(cursor: Cursor, type: TypeNode, end: string): TypeNode {
  expect(cursor, end);
  return type;
}

function take(cursor: Cursor, pattern: RegExp): RegExpExecArray | undefined {
  pattern.lastIndex = cursor.at;
  const match = pattern.exec(cursor.text);
  if (match) cursor.at = pattern.lastIndex;
  return match ?? undefined;
}

function expect(cursor: Cursor, text: string): void {
  if (!cursor.text.startsWith(text, cursor.at)) throw unreadable(cursor);
  cursor.at += text.length;
}

function unreadable({ text, at }: Cursor): Error {
  return new Error(`a declaration of the AWS SDK has a form not known here: ${text.slice(at, at + 80)}`);
}
