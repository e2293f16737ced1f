import type { Access } from '../access';
import type { Metrics } from '../metrics';
import type { Settings } from '../options';
import type { ServerPackages } from '../packages';
import type { Service } from '../service';

/** What the server over HTTP is made of. */
export interface HttpParts {
  readonly packages: ServerPackages;
  readonly service: Service;
  readonly access: Access;
  readonly metrics: Metrics;
  readonly settings: Settings;
  /** Of gdws. */
  readonly version: string;
}
