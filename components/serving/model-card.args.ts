// Settings of what a version says about itself: its card, its licence, and who let it into production.
import { z } from "zod";
import { ANNOTATIONS } from "../contract/annotations.ts";

const line = z.string().regex(/^\S(.*\S)?$/, "a text in one line");

/** Pulumi reads a day without quotes as a moment, and hands that over. */
const day = z
  .string("a day as YYYY-MM-DD")
  .regex(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])( 00:00:00 \+0000 UTC)?$/, "a day as YYYY-MM-DD")
  .overwrite((given) => given.slice(0, "YYYY-MM-DD".length));

export const modelCard = z
  .strictObject({
    url: z
      .string()
      .regex(/^(https|oci|s3):\/\/\S+$/, "an https, oci or s3 address")
      .describe("Address of the model card."),
    licence: line.describe("Licence of the weights, as SPDX names it where it does, e.g. Apache-2.0."),
    approval: z
      .strictObject({
        by: line.describe("Who approved the version."),
        on: day.describe("Day of the approval, as YYYY-MM-DD."),
      })
      .optional()
      .describe("Who let the version in; nobody when left out."),
  })
  .optional()
  .describe("What the model is and on which terms; the policies ask for it in production.");

/** Annotations of the version's pods, where policies and people look. */
export function cardAnnotations(card: z.output<typeof modelCard>): Record<string, string> {
  if (card === undefined) return {};
  const { approval } = card;
  return {
    [ANNOTATIONS.modelCard]: card.url,
    [ANNOTATIONS.modelLicence]: card.licence,
    ...(approval && { [ANNOTATIONS.approvedBy]: approval.by, [ANNOTATIONS.approvedOn]: approval.on }),
  };
}
