// Who owns what is created: the labels that every object of an environment carries.
import { z } from "zod";
import { LABELS, PART_OF } from "../contract/labels.ts";
import { dnsLabel, labelValue } from "./names.ts";

export const ownership = z
  .strictObject({
    environment: dnsLabel.describe("Name of the environment, e.g. `local` or `prod`."),
    owner: labelValue.describe("Team that answers for the environment."),
    costCenter: labelValue.describe("Cost centre that pays for it."),
  })
  .describe("Labels `rampa.dev/environment`, `rampa.dev/owner` and `rampa.dev/cost-center` of every object.");

export type Ownership = z.output<typeof ownership>;

type Subject = {
  /** `app.kubernetes.io/name`: the kind of thing, e.g. `gateway`. */
  readonly name: string;
  /** `app.kubernetes.io/instance`: which one of them, e.g. `chat-1-0-0`. */
  readonly instance: string;
};

/** Labels of an object; `more` adds an area's own. */
export function standardLabels(
  owner: Ownership,
  subject: Subject,
  more: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return {
    ...selectorLabels(subject),
    [LABELS.component]: subject.name,
    [LABELS.partOf]: PART_OF,
    [LABELS.managedBy]: "pulumi",
    [LABELS.environment]: owner.environment,
    [LABELS.owner]: owner.owner,
    [LABELS.costCenter]: owner.costCenter,
    ...more,
  };
}

/** The labels that pick a subject's pods: fixed for ever, as a Deployment's selector cannot change. */
export function selectorLabels(subject: Subject): Record<string, string> {
  return { [LABELS.name]: subject.name, [LABELS.instance]: subject.instance };
}
