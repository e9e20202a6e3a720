// Judges pods, a JSON list on standard input, by Kubernetes' own Pod Security admission at the restricted level.
package main

import (
	"encoding/json"
	"os"

	core "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

type verdict struct {
	Allowed bool     `json:"allowed"`
	Reasons []string `json:"reasons"`
}

func main() {
	verdicts, err := judge(os.Args[1])
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(verdicts)
	}
	if err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
}

// A field that Kubernetes does not know is an error: the verdict would be about another pod.
func judge(version string) ([]verdict, error) {
	pinned, err := api.ParseVersion(version)
	if err != nil {
		return nil, err
	}
	pods := []core.Pod{}
	decoder := json.NewDecoder(os.Stdin)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&pods); err != nil {
		return nil, err
	}
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks())
	if err != nil {
		return nil, err
	}
	level := api.LevelVersion{Level: api.LevelRestricted, Version: pinned}
	verdicts := []verdict{}
	for index := range pods {
		setDefaults(&pods[index])
		verdicts = append(verdicts, toVerdict(evaluator.EvaluatePod(level, &pods[index].ObjectMeta, &pods[index].Spec)))
	}
	return verdicts, nil
}

// As the API server does before admission: a volume that says nothing of its source is an empty directory.
func setDefaults(pod *core.Pod) {
	for index := range pod.Spec.Volumes {
		if volume := &pod.Spec.Volumes[index]; volume.VolumeSource == (core.VolumeSource{}) {
			volume.EmptyDir = &core.EmptyDirVolumeSource{}
		}
	}
}

func toVerdict(results []policy.CheckResult) verdict {
	reasons := []string{}
	for _, result := range results {
		if !result.Allowed {
			reasons = append(reasons, result.ForbiddenReason+": "+result.ForbiddenDetail)
		}
	}
	return verdict{Allowed: len(reasons) == 0, Reasons: reasons}
}
