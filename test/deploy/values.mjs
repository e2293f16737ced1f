// Checks the values of Kubernetes' objects, a JSON array on stdin, by its schemas; prints what is wrong. A program of its own, since
// the validators are modules of the other kind.
import fs from 'node:fs';
import * as apps from 'kubernetes-models/apps/v1';
import * as autoscaling from 'kubernetes-models/autoscaling/v2';
import * as batch from 'kubernetes-models/batch/v1';
import * as policy from 'kubernetes-models/policy/v1';
import * as core from 'kubernetes-models/v1';

const groups = { 'apps/v1': apps, 'autoscaling/v2': autoscaling, 'batch/v1': batch, 'policy/v1': policy, v1: core };
const faults = [];
for (const value of JSON.parse(fs.readFileSync(0, 'utf8'))) {
  const Kind = groups[value.apiVersion]?.[value.kind];
  // Custom resources have no schema there.
  if (!Kind) continue;
  try {
    new Kind(value).validate();
  } catch (error) {
    faults.push(`${value.kind}: ${error.message}`);
  }
}
process.stdout.write(JSON.stringify(faults));
