import { writeFileSync } from 'node:fs';
import { openApiText } from './openapi.ts';
import { OPERATIONS } from './operations.ts';

writeFileSync(new URL('../../config/admin-api.json', import.meta.url), openApiText(OPERATIONS));
