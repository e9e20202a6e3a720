// Makes the planned resources of a stack by AWS's API, in the order of the plan, and reads each of them back.
import { recordedIdentity } from "../../policies/harness/recorded-identity.ts";
import type { RecordedResource } from "../kit/record-resources.ts";
import type { Props, Read, Row } from "./api-row.ts";
import { at, differences, isMap } from "./differences.ts";
import { HELD } from "./held.ts";
import { CHECKED_ONLY, type Lacking, WITHOUT_CALL } from "./lacking.ts";
import type { Aws } from "./moto.ts";
import { find, leftOver, references, stepsOf, substituted, toParameters } from "./parameters.ts";
import { resolved, unresolved } from "./references.ts";

export type Applied = {
  readonly type: string;
  readonly name: string;
  readonly how: "held" | "checked" | "without call";
  /** What the plan says, with references resolved. */
  readonly props: Props;
  readonly id: string;
  /** What AWS's models or the server refused. */
  readonly refused: readonly string[];
  /** What was read back otherwise than planned. */
  readonly different: readonly string[];
};

export type Place = {
  readonly aws: Aws;
  readonly region: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Text in the plan → what it is in this AWS; grows with every resource. */
  readonly known: Map<string, string>;
};

/**
 * Applies all, and then reads all, as a refresh would. A resource that is refused does not stop the others.
 */
export async function applyAll(resources: readonly RecordedResource[], place: Place): Promise<Applied[]> {
  const applied: Applied[] = [];
  for (const resource of resources) applied.push(await applyOne(resource, place));
  const read: Applied[] = [];
  for (const each of applied) read.push(await readAgain(each, place));
  return read;
}

async function readAgain(each: Applied, place: Place): Promise<Applied> {
  const row = HELD[each.type];
  if (row === undefined || each.refused.length > 0) return each;
  const { found, problems } = await readBack({ row, given: each.props, answers: [], place });
  return { ...each, refused: problems, different: compare(row, each.props, found) };
}

async function applyOne(resource: RecordedResource, place: Place): Promise<Applied> {
  const { type, name } = resource;
  const made = { type, name, id: `${name}-id`, refused: [], different: [] };
  const props = resolved(resource.props, place.known);
  if (type in WITHOUT_CALL) return { ...made, props, how: "without call" };
  const lacking = CHECKED_ONLY[type];
  const row = HELD[type];
  if (lacking) return { ...made, props, how: "checked", refused: await checkOnly(lacking, props, place) };
  if (row === undefined)
    throw new Error(`${type} (${name}) is in no table: add its row, or say what moto lacks`);
  const given = { ...(row.named && { [row.named]: name }), ...props, ...own(row, props, place) };
  return { ...made, how: "held", ...(await hold({ row, name, type, given, place })) };
}

/** What the provider adds to every resource that can have it. */
function own(row: Row, props: Props, { tags, region }: Place): Props {
  const steps = stepsOf(row, props);
  const text = JSON.stringify(steps);
  const planned = isMap(props.tags) ? props.tags : {};
  return {
    ...(text.includes('"$tags"') && { tags: { ...tags, ...planned } }),
    ...(text.includes('"$region"') && { region }),
  };
}

async function checkOnly(
  { service, step }: Lacking,
  props: Props,
  { aws, tags }: Place,
): Promise<readonly string[]> {
  const given = JSON.stringify(step.with ?? {}).includes("$tags") ? { ...props, tags } : props;
  const parameters = toParameters(step, given, [step]);
  return [
    ...unresolved(parameters),
    ...(await aws.call({ service, call: step.call, given: parameters, checkOnly: true })).problems,
  ];
}

type Subject = { row: Row; name: string; type: string; given: Props; place: Place };
type Held = Pick<Applied, "id" | "props" | "refused">;

async function hold({ row, name, type, given, place }: Subject): Promise<Held> {
  const steps = stepsOf(row, given);
  const refused = leftOver(row, given);
  const answers: unknown[] = [];
  for (const step of steps) {
    const parameters = toParameters(step, { ...given, id: find(row.id, given, answers) }, steps, row.ours);
    refused.push(...unresolved(parameters));
    const { problems, answer } = await place.aws.call({
      service: step.service ?? row.service,
      call: step.call,
      given: parameters,
    });
    refused.push(...problems);
    answers.push(answer);
  }
  if (refused.length > 0) return { id: "", props: given, refused };
  const props = { ...given, id: find(row.id, given, answers) ?? "" };
  const { problems } = await readBack({ row, given: props, answers, place });
  const arn = find(row.arn, given, answers);
  learn({ row, name, type, given, place }, { id: props.id, arn, answers });
  return {
    id: props.id,
    props: { ...props, ...(arn !== undefined && !("arn" in props) && { arn }) },
    refused: problems,
  };
}

type Reading = { row: Row; given: Props; answers: unknown[]; place: Place };

async function readBack({
  row,
  given,
  answers,
  place,
}: Reading): Promise<{ problems: string[]; found: unknown }> {
  const problems: string[] = [];
  let found: unknown;
  for (const read of row.reads) {
    const arn = find(row.arn, given, answers);
    const by = substituted(read.by, { ...given, arn: given.arn ?? arn });
    const reply = await place.aws.call({ service: row.service, call: read.call, given: by });
    problems.push(...reply.problems);
    const part = at(reply.answer, read.at ?? "");
    answers.push(part, reply.answer);
    const named = read.under === undefined ? part : { [read.under]: part };
    found = isMap(named) && isMap(found) ? { ...found, ...named } : (found ?? named);
  }
  return { problems, found };
}

/** A property by which the resource was found needs no other look. */
function compare(row: Row, given: Props, found: unknown): string[] {
  const steps = stepsOf(row, given);
  const as: Record<string, string> = Object.assign({}, ...steps.map((step) => step.as ?? {}));
  const hidden = row.hidden ?? [];
  const foundBy = row.reads.flatMap((read: Read) => references(read.by));
  const skipped = new Set([
    "id",
    ...(row.arn === undefined ? [] : ["arn"]),
    ...foundBy,
    ...(row.ours ?? []),
    ...hidden,
  ]);
  const expected = Object.entries(given).filter(([key]) => !skipped.has(key));
  const candidates = Array.isArray(found) ? found : [found];
  const all = candidates.map((candidate) =>
    expected.flatMap(([key, value]) => {
      const shown = row.shows?.[key];
      const sent = as[key];
      const places = shown === undefined ? [sent, sent?.split(".").at(-1), key] : [shown];
      const read = places
        .map((path) => path && at(candidate, path))
        .find((each) => each !== undefined && each !== "");
      return differences(value, read, { as, hidden, path: key });
    }),
  );
  return all.sort((a, b) => a.length - b.length)[0] ?? ["nothing was read back"];
}

function learn(
  subject: Subject,
  { id, arn, answers }: { id: string; arn: string | undefined; answers: unknown[] },
): void {
  const { row, name, type, place } = subject;
  const recorded = recordedIdentity(type, name);
  place.known.set(recorded.id, id);
  if (arn !== undefined && recorded.outputs.arn !== undefined) place.known.set(recorded.outputs.arn, arn);
  for (const [text, path] of Object.entries(row.stands ?? {})) {
    place.known.set(text, find(path, subject.given, answers) ?? `${text} of ${name} was not answered`);
  }
}
