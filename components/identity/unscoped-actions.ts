// Actions that AWS takes with the resource `*` only, as data: what may stand without an ARN, and why.
// Source: Service Authorization Reference, actions without a resource type.

type Unscoped = { readonly actions: RegExp; readonly reason: string };

const UNSCOPED: readonly Unscoped[] = [
  {
    actions: /^ec2:(Describe[A-Za-z]+|GetSecurityGroupsForVpc)$/,
    reason: "EC2's read calls take no resource",
  },
  {
    actions: /^elasticloadbalancing:Describe[A-Za-z]+$/,
    reason: "the load balancers' read calls take no resource",
  },
  { actions: /^autoscaling:Describe[A-Za-z]+$/, reason: "Auto Scaling's read calls take no resource" },
  { actions: /^ecr:GetAuthorizationToken$/, reason: "the token is for the account's registry as a whole" },
  {
    actions: /^cloudwatch:PutMetricData$/,
    reason: "metrics have no ARN; a condition can name their namespace",
  },
  { actions: /^pricing:GetProducts$/, reason: "the price list belongs to nobody's account" },
  { actions: /^secretsmanager:GetRandomPassword$/, reason: "it touches no secret" },
];

/** Why the action may stand with the resource `*`; undefined where AWS can tie it to resources. */
export function reasonForEveryResource(action: string): string | undefined {
  return UNSCOPED.find(({ actions }) => actions.test(action))?.reason;
}
