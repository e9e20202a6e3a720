// The fetch role's lines as a person reads them.
import { expect, it } from "vitest";
import { describeFetch, parseFetchLine } from "../../../stacks/cli/fetch-models.ts";

it.each([
  ['{"event":"progress","done":10485760,"total":104857600}', "10 of 100 MiB"],
  ['{"event":"progress","done":10485760}', "10 MiB"],
  ['{"event":"waiting","reason":"another process fetches it"}', "another process fetches it"],
  ['{"event":"done","path":"/x","wasCached":true}', "verified"],
  ['{"event":"error","code":"artefact.checksum","message":"wrong checksum"}', "wrong checksum"],
])("reads %s as %s", (line, text) => {
  const parsed = parseFetchLine(line);
  expect(parsed && describeFetch(parsed)).toBe(text);
});

it.each(["", "plain text", '{"event":"other"}'])("ignores %j", (line) => {
  expect(parseFetchLine(line)).toBeUndefined();
});
