import { writeFileSync } from 'node:fs';
import { metricsReference } from './metrics-reference.ts';

writeFileSync(new URL('../../../config/METRICS.md', import.meta.url), metricsReference());
