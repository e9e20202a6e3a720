// rampa data: the job that it makes of the template, and what it understands of the job's words.
import type { V1CronJob } from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import { jobOf, parseAnswers, toError } from "../../../stacks/cli/backup-job.ts";
import { toCopy } from "../../../stacks/cli/data.ts";

const template: V1CronJob = {
  metadata: { name: "postgres-backup", labels: { app: "postgres-backup" } },
  spec: {
    schedule: "17 2 * * *",
    jobTemplate: {
      spec: {
        backoffLimit: 2,
        activeDeadlineSeconds: 3600,
        template: {
          metadata: { labels: { app: "postgres-backup" } },
          spec: { containers: [{ name: "backup", image: "postgres", args: ["backup"] }] },
        },
      },
    },
  },
};

describe("jobOf", () => {
  it("is the template's job with other arguments, tried once", () => {
    expect(jobOf(template, ["restore", "a.dump", "--overwrite"])).toEqual({
      metadata: { generateName: "postgres-backup-restore-", labels: { app: "postgres-backup" } },
      spec: {
        backoffLimit: 0,
        activeDeadlineSeconds: 3600,
        template: {
          metadata: { labels: { app: "postgres-backup" } },
          spec: {
            containers: [{ name: "backup", image: "postgres", args: ["restore", "a.dump", "--overwrite"] }],
          },
        },
      },
    });
  });
});

describe("parseAnswers", () => {
  it("tells answers from what programs print", () => {
    const log = 'pg_restore: warning\n{"name":"a.dump","bytes":3}\n12\n\n';
    expect(parseAnswers(log)).toEqual({
      answers: [{ name: "a.dump", bytes: 3 }],
      words: "pg_restore: warning\n12",
    });
  });
});

describe("toError", () => {
  const call = { stack: "dev", args: ["restore"] } as const;

  it.each([
    ["backup-missing", "cli.backup-missing", "npm run rampa -- data list --stack dev"],
    ["backup-damaged", "cli.backup-damaged", "npm run rampa -- data list --stack dev, and another copy"],
    [
      "database-not-empty",
      "cli.database-not-empty",
      "npm run rampa -- data backup --stack dev, then data restore with --overwrite",
    ],
    ["database-busy", "cli.backup-failed", "npm run rampa -- status --stack dev"],
  ])("knows what to do about %s", (error, code, next) => {
    const known = toError([{ error, message: "what happened" }], "pg: reason", call);
    expect(known).toMatchObject({ code, next, message: `what happened\npg: reason\nNext: ${next}` });
  });

  it("tells the last words of a job that gave no answer", () => {
    expect(toError([], "psql: connection refused", call)).toMatchObject({
      code: "cli.backup-failed",
      message: expect.stringContaining("data restore did not end well\npsql: connection refused"),
    });
  });
});

describe("toCopy", () => {
  it("reads the time that a copy's name begins with", () => {
    const copy = { name: "rampa-20261121T021700Z.dump", bytes: 7 };
    expect(toCopy(copy)).toEqual({ ...copy, made: "2026-11-21T02:17:00Z" });
    expect(toCopy({ name: "mine.dump", bytes: 7 }).made).toBe("unknown");
  });
});
