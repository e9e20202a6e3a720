// Outputs that only a deployment knows, as the plan holds them until moto has answered.

/** What a deployment answers, and the recorder does not know by itself; texts that stand in for it until then. */
export const STAND_INS = {
  validationName: "stand-in-validation-name",
  validationValue: "stand-in-validation-value",
  clusterSecurityGroup: "sg-recorded",
} as const;

export const COMPUTED = {
  "aws:acm/certificate:Certificate": {
    domainValidationOptions: [
      {
        resourceRecordName: STAND_INS.validationName,
        resourceRecordType: "CNAME",
        resourceRecordValue: STAND_INS.validationValue,
      },
    ],
  },
  "kubernetes:gateway.networking.k8s.io/v1:Gateway": {
    status: { addresses: [{ value: "k8s-gateway-0123456789.elb.eu-west-1.amazonaws.com" }] },
  },
} as const;
