// Rule chart-version-pinned: a chart of others is the release that was reviewed, from a named place.
import { mustBe } from "../../must-be.ts";
import { type Finding, type Rule, unknownAmong, violation } from "../../rule.ts";
import type { Value } from "../../value.ts";

const EXACT = /^v?\d+\.\d+\.\d+(-[\w.]+)?(\+[\w.]+)?$/;
/** A chart by its whole address, or a folder of this project. */
const ADDRESSED = /^(oci:\/\/|https:\/\/)/;
const FOLDER = /^\.{0,2}\//;

export const chartVersionPinned: Rule = {
  name: "chart-version-pinned",
  title: "Helm charts are installed in one exact version, from a repository that is named.",
  severity: "medium",
  framework: {
    name: "SLSA",
    version: "1.0",
    reference: "Build L1",
    specification: "Consumers verify that what runs is the artefact that was reviewed.",
  },
  tags: ["charts", "supply-chain"],
  why: "Without an exact version the next deployment, months later and for another reason, installs whatever the publisher has released since, with its new permissions.",
  fix: "Set `version` to one exact release (no range, no `latest`, no `devel`), and name the repository: `repositoryOpts.repo` over https, or an `oci://` chart.",
  url: "https://helm.sh/docs/topics/charts/#the-chartyaml-file",
  levels: { default: "mandatory" },
  whenUnknown: "defer",
  types: /^kubernetes:helm\.sh\/[^:]+:(Release|Chart)$/,
  check: ({ props }) => {
    const chart = props.at("chart");
    if (FOLDER.test(chart.text() ?? "")) return [];
    return [
      ...mustBe(props.at("version"), (version) => EXACT.test(version.text() ?? ""), "not one exact version"),
      ...mustBe(props.at("devel"), (devel) => devel.flag() !== true, "takes releases that are not finished"),
      ...checkRepository(chart, props.at("repositoryOpts", "repo")),
    ];
  },
};

function checkRepository(chart: Value, repository: Value): readonly Finding[] {
  const unknown = unknownAmong([chart, repository]);
  if (unknown.length > 0) return unknown;
  const isNamed = [chart, repository].some((each) => ADDRESSED.test(each.text() ?? ""));
  return isNamed
    ? []
    : [violation(repository, "no repository over https, and the chart is no oci:// address")];
}
