// Settings of a cluster's public endpoint: from which addresses it may be called, never from all.
import { BlockList } from "node:net";
import { z } from "zod";

/** Wider than this and nobody is named any more. */
const SHORTEST_PREFIX = 16;
/** EKS takes no more ranges for one cluster. */
const MOST_RANGES = 40;

/** EKS refuses ranges that have no meaning on the internet. */
const PRIVATE_RANGES = [
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["224.0.0.0", 4],
] as const;

const privateRanges = new BlockList();
for (const [address, prefix] of PRIVATE_RANGES) privateRanges.addSubnet(address, prefix);

const callerRange = z.string().superRefine((range, context) => {
  const want = wantedRange(range);
  if (want !== undefined) context.addIssue({ code: "custom", message: want });
});

function wantedRange(range: string): string | undefined {
  const [address = "", prefix = ""] = range.split("/");
  if (!z.cidrv4().safeParse(range).success) return "a range of IPv4 addresses, e.g. 198.51.100.0/24";
  if (Number(prefix) < SHORTEST_PREFIX)
    return `a range of prefix /${SHORTEST_PREFIX} or longer, so that it names callers`;
  return privateRanges.check(address) ? "a range of public addresses" : undefined;
}

export const publicAccess = z
  .strictObject({
    cidrs: z
      .array(callerRange)
      .min(1, "at least one range")
      .max(MOST_RANGES, `at most ${MOST_RANGES} ranges`)
      .describe("Ranges of public IPv4 addresses that may call the API, none wider than /16."),
  })
  .optional()
  .describe(
    "A public endpoint beside the private one, for these callers only; none when left out, so that Pulumi has to run where it reaches the VPC.",
  );
