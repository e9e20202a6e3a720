// A decision as text for a terminal and as Markdown for the comment on a pull request. Pure.
import type { CostChange, Decision } from "./decision.ts";
import type { PoolDemand } from "./gpu-demand.ts";
import type { EndpointRollout, VersionRollout, Weights } from "./rollout-plan.ts";

type Section = { readonly title: string; readonly lines: readonly string[] };

export function decisionText(decision: Decision): string {
  return sectionsOf(decision)
    .flatMap(({ title, lines }) => [title, ...lines.map((line) => `  ${line}`)])
    .join("\n");
}

/** Begins with an HTML comment, by which a later run finds the comment to replace. */
export function decisionMarkdown(decision: Decision): string {
  const sections = sectionsOf(decision).map(
    ({ title, lines }) => `### ${title}\n\n${lines.map((line) => `- ${toMarkdown(line)}`).join("\n")}`,
  );
  const marker = `<!-- rampa-preview:${decision.stack} -->`;
  return `${marker}\n## Preview of \`${decision.stack}\`\n\n${sections.join("\n\n")}\n`;
}

/** Names come from stack files, so no line may act as markup. */
function toMarkdown(line: string): string {
  return line.replace(/[\\`*_{}[\]<>#|]/g, "\\$&");
}

function sectionsOf({ cost, gpus, rollouts, findings, approvals }: Decision): readonly Section[] {
  const mandatory = countOf(findings, "mandatory");
  const sections: readonly Section[] = [
    costSection(cost),
    { title: "GPUs at the peak of the deployment", lines: gpus.map(gpuLine) },
    { title: "Rollout", lines: rollouts.flatMap(rolloutLines) },
    { title: "Approvals missing", lines: approvals.map(approvalLine) },
    {
      title: `Policies: ${mandatory} mandatory, ${countOf(findings, "advisory")} advisory`,
      lines: findings.map(findingLine),
    },
  ];
  return sections.filter(({ title, lines }) => lines.length > 0 || title.startsWith("Policies"));
}

/** Without lines where nothing of the stack has a price, as on a cluster that stands already. */
function costSection({ now, after, changes, unpriced, assumptions }: Decision["cost"]): Section {
  const title = `Cost an hour: ${usd(now.idle)} → ${usd(after.idle)} USD at rest, ${usd(now.peak)} → ${usd(after.peak)} at most`;
  if (now.peak === 0 && after.peak === 0 && unpriced.length === 0) return { title, lines: [] };
  const missing = unpriced.map((name) => `${name}: no price in the tables`);
  return {
    title,
    lines: [...changes.map(costLine), ...missing, ...assumptions.map((it) => `assumed: ${it}`)],
  };
}

function findingLine({ level, rule, urn, message }: Decision["findings"][number]): string {
  // The engine puts the rule's title before the reason.
  const [title, reason = title] = message.split("\n");
  return `${level} ${rule}: ${urn.split("::").at(-1)}: ${reason}`;
}

function approvalLine({ endpoint, version, missing }: Decision["approvals"][number]): string {
  return `${endpoint} ${version}: ${missing.join(" and ")}`;
}

function countOf(findings: Decision["findings"], level: string): number {
  return findings.filter((it) => it.level === level).length;
}

function usd(amount: number): string {
  return amount.toFixed(2);
}

function costLine({ name, now, after }: CostChange): string {
  const range = (it: CostChange["after"]): string =>
    it === undefined
      ? "nothing"
      : it.idle === it.peak
        ? usd4(it.peak)
        : `${usd4(it.idle)} to ${usd4(it.peak)}`;
  return `${name}: ${(after ?? now)?.what}, ${range(now)} → ${range(after)}`;
}

/** Small things cost fractions of a cent an hour. */
function usd4(amount: number): string {
  return amount === 0 || amount >= 0.01 ? usd(amount) : amount.toFixed(4);
}

function gpuLine({ pool, gpus, peak, limit }: PoolDemand): string {
  const most = limit === undefined ? "without a limit" : `of ${limit}`;
  const verdict = limit !== undefined && peak > limit ? ": more than the pool may have" : "";
  const models = gpus.length === 0 ? "no such pool" : gpus.join(" or ");
  return `${pool} (${models}): ${peak} ${most}${verdict}`;
}

function rolloutLines({ endpoint, before, steps, versions }: EndpointRollout): readonly string[] {
  const after = steps.at(-1);
  if (after === undefined) return [`${endpoint}: removed`];
  const path = [before, ...steps].filter((it) => it !== undefined).map(weightsText);
  const weights = path.every((it) => it === path[0]) ? `${path[0]}, as before` : path.join(" → ");
  const head = before === undefined ? `${endpoint}: new, ${path.join(" → ")}` : `${endpoint}: ${weights}`;
  return [head, ...versions.filter(({ change }) => change !== "none").map((it) => versionLine(endpoint, it))];
}

function weightsText(weights: Weights): string {
  return Object.entries(weights)
    .map(([version, percent]) => `${version} ${percent} %`)
    .join(", ");
}

function versionLine(endpoint: string, it: VersionRollout): string {
  const { least, most } = it.pods;
  const pods = least === most ? `${most} pods` : `${least} to ${most} pods`;
  const peak = it.peakPods > most ? `, ${it.peakPods} at the peak` : "";
  const gpus = it.gpusPerPod > 0 ? `, ${it.gpusPerPod} GPUs each` : "";
  return `${endpoint} ${it.version}: ${it.change}, ${pods}${peak}${gpus}`;
}
