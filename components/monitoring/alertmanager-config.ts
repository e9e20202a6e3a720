// Plan of the monitoring → configuration of a plain Alertmanager; credentials are files of mounted Secrets.
import { GROUPING, INHIBITION, NOBODY, pagerdutySeverity, REPEAT, TEXT, TITLE } from "./alert-routing.ts";
import type { MonitoringPlan, RoutePlan } from "./monitoring.plan.ts";
import type { ServerFiles } from "./prometheus-config.ts";
import type { Receiver } from "./receivers.args.ts";
import type { Severity } from "./rules/rule.ts";

export const ALERTMANAGER_FILE = "alertmanager.json";

/** The configuration; `credentials` is the folder that Secrets are mounted under, each by its name. */
export function alertmanagerFiles({ routes }: MonitoringPlan, credentials: string): ServerFiles {
  return {
    [ALERTMANAGER_FILE]: {
      route: {
        receiver: NOBODY,
        group_by: [...GROUPING.by],
        group_wait: GROUPING.wait,
        group_interval: GROUPING.interval,
        repeat_interval: GROUPING.repeat,
        routes: routes.map(({ severity }) => ({
          receiver: severity,
          repeat_interval: REPEAT[severity],
          matchers: [`severity="${severity}"`],
        })),
      },
      inhibit_rules: [
        {
          source_matchers: [`alertname="${INHIBITION.source}"`],
          target_matchers: [`severity=~"${INHIBITION.silenced}"`],
          equal: [INHIBITION.equal],
        },
      ],
      receivers: [{ name: NOBODY }, ...routes.map((route) => toReceiver(route, credentials))],
    },
  };
}

type Channels = Record<
  "webhook_configs" | "slack_configs" | "pagerduty_configs" | "email_configs",
  Readonly<Record<string, unknown>>[]
>;

function toReceiver({ severity, receivers }: RoutePlan, credentials: string): object {
  const channels: Channels = {
    webhook_configs: [],
    slack_configs: [],
    pagerduty_configs: [],
    email_configs: [],
  };
  for (const receiver of receivers) {
    const file = `${credentials}/${receiver.secret.name}/${receiver.secret.key}`;
    const [kind, config] = toChannel(receiver, severity, file);
    channels[kind].push({ send_resolved: true, ...config });
  }
  return {
    name: severity,
    ...Object.fromEntries(Object.entries(channels).filter(([, list]) => list.length > 0)),
  };
}

function toChannel(receiver: Receiver, severity: Severity, file: string): readonly [keyof Channels, object] {
  switch (receiver.kind) {
    case "webhook":
      return ["webhook_configs", { url_file: file }];
    case "slack":
      return ["slack_configs", { api_url_file: file, channel: receiver.channel, title: TITLE, text: TEXT }];
    case "pagerduty":
      return [
        "pagerduty_configs",
        { routing_key_file: file, severity: pagerdutySeverity(severity), description: TITLE },
      ];
    case "email": {
      const { to, from, smarthost, username } = receiver;
      const login = { auth_username: username, auth_password_file: file, require_tls: true };
      return ["email_configs", { to, from, smarthost, ...login, text: TEXT }];
    }
  }
}
