// Rule artefact-pinned: weights are the bytes that were tested, named by checksum or by commit.
import { anyType } from "../../any-type.ts";
import { CONFIG_MAPS, documentsOf } from "../../kubernetes/config-documents.ts";
import { isModelVersion } from "../../kubernetes/models.ts";
import { containersOf, podOf } from "../../kubernetes/pods.ts";
import { WORKLOADS } from "../../kubernetes/workloads.ts";
import { mustBe } from "../../must-be.ts";
import { type Finding, type Rule, type Subject, unknownAmong, violation } from "../../rule.ts";
import type { Value } from "../../value.ts";

const SHA256 = /^[0-9a-f]{64}$/;
const COMMIT = /^[0-9a-f]{40}$/;
/** `hf:OWNER/REPOSITORY@REVISION/FILE` */
const HUB_FILE = /^hf:[^@]+@([^/]+)\//;
/** `OWNER/NAME` of a model hub; a path or the address of a bucket is no such name. */
const HUB_NAME = /^[\w.-]+\/[\w.-]+$/;

export const artefactPinned: Rule = {
  name: "artefact-pinned",
  title: "A version's weights are pinned by checksum, and what comes from a model hub by commit.",
  severity: "high",
  framework: {
    name: "SLSA",
    version: "1.0",
    reference: "Build L1",
    specification: "Consumers verify that what runs is the artefact that was built.",
  },
  tags: ["models", "supply-chain"],
  why: "A branch of a model hub can be pushed to at any time: after the next restart the pod serves other weights than those that were evaluated, or a file that runs code when it is loaded.",
  fix: "Give each artefact its sha256; name a commit of 40 hexadecimal digits in `hf:` sources, and in `--revision` of servers that load from a hub by name.",
  url: "https://slsa.dev/spec/v1.0/requirements",
  levels: { default: "mandatory" },
  whenUnknown: "defer",
  types: anyType(CONFIG_MAPS, WORKLOADS),
  check: (subject) => (CONFIG_MAPS.test(subject.type) ? checkConfig(subject) : checkServer(subject)),
};

function checkConfig(subject: Subject): readonly Finding[] {
  const artefacts = documentsOf(subject).map((document) => document.at("artefact"));
  return artefacts.filter(({ state }) => state === "known").flatMap(checkArtefact);
}

function checkArtefact(artefact: Value): readonly Finding[] {
  const source = artefact.at("source");
  const revision = HUB_FILE.exec(source.text() ?? "")?.[1];
  const isMoving = source.text()?.startsWith("hf:") === true && !COMMIT.test(revision ?? "");
  return [
    ...mustBe(
      artefact.at("sha256"),
      (sum) => SHA256.test(sum.text() ?? ""),
      "no sha256 of 64 hexadecimal digits",
    ),
    ...(isMoving ? [violation(source, "a revision that is no commit")] : []),
  ];
}

function checkServer(subject: Subject): readonly Finding[] {
  return isModelVersion(subject) ? containersOf(podOf(subject)).flatMap(checkContainer) : [];
}

/** vLLM takes `--model` or the word after `serve`, TGI `--model-id` or MODEL_ID. */
function checkContainer(container: Value): readonly Finding[] {
  const args = container.at("args");
  const words = args.items();
  const hidden = unknownAmong([args, ...words]);
  if (hidden.length > 0) return hidden;
  const names = [
    ...optionsOf(words, ["--model", "--model-id"]),
    ...words.filter((_, index) => words[index - 1]?.text() === "serve"),
    ...variablesOf(container, "MODEL_ID"),
  ];
  const revisions = [...optionsOf(words, ["--revision"]), ...variablesOf(container, "REVISION")];
  const unknown = unknownAmong([...names, ...revisions]);
  const isPinned = revisions.some((revision) => COMMIT.test(lastWord(revision)));
  if (unknown.length > 0 || isPinned) return unknown;
  return names
    .filter((name) => HUB_NAME.test(lastWord(name)))
    .map((name) => violation(name, "a model by name, without a commit as its revision"));
}

/** The values of options, written as `--name=value` or as two words. */
function optionsOf(words: readonly Value[], names: readonly string[]): readonly Value[] {
  return words.filter((word, index) =>
    names.some((name) => word.text()?.startsWith(`${name}=`) || words[index - 1]?.text() === name),
  );
}

function variablesOf(container: Value, name: string): readonly Value[] {
  const variables = container.at("env").items();
  return variables.filter((each) => each.at("name").text() === name).map((each) => each.at("value"));
}

function lastWord(value: Value): string {
  return (value.text() ?? "").replace(/^--[\w-]+=/, "");
}
