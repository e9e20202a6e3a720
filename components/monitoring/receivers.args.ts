// Settings of who is told: channels by severity, each with its credentials in a Secret that exists.
import { z } from "zod";
import { dnsLabel } from "../kit/names.ts";

const secretKey = z
  .strictObject({
    name: dnsLabel.describe("Name of a Secret in the watched namespace."),
    key: z
      .string()
      .regex(/^[A-Za-z0-9._-]+$/, "a key of a Secret")
      .describe("Key in that Secret."),
  })
  .describe("Where the credential is.");

const hostAndPort = z.string().regex(/^[a-z0-9.-]+:\d{2,5}$/, "a host and port, e.g. smtp.example.com:587");

const receiver = z
  .discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("webhook").describe("Alerts as JSON, to an address of your own."),
      secret: secretKey,
    }),
    z.strictObject({
      kind: z.literal("slack").describe("A message in a Slack channel."),
      channel: z
        .string()
        .regex(/^[#@][a-z0-9._-]+$/, "a channel, e.g. #alerts")
        .describe("Channel."),
      secret: secretKey,
    }),
    z.strictObject({ kind: z.literal("pagerduty").describe("A PagerDuty incident."), secret: secretKey }),
    z.strictObject({
      kind: z.literal("email").describe("A mail."),
      to: z.email("a mail address").describe("Recipient."),
      from: z.email("a mail address").describe("Sender."),
      smarthost: hostAndPort.describe("SMTP server, spoken to with TLS."),
      username: z.string().min(1, "a user name").describe("User of the SMTP server."),
      secret: secretKey,
    }),
  ])
  .describe("A channel.");

export type Receiver = z.output<typeof receiver>;

const channels = z.array(receiver).default([]);

export const receiverSettings = z
  .strictObject({
    P0: channels.describe("Told when users are cut off now."),
    P1: channels.describe("Told when users soon will be."),
    P2: channels.describe("Told of today's work."),
    P3: channels.describe("Told of work for when there is time."),
  })
  .prefault({})
  .describe("Who is told, by severity; with no channel at all Alertmanager is left as it is.");
