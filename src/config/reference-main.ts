import { readFileSync, writeFileSync } from 'node:fs';
import { jsonSchemaText } from './json-schema.ts';
import { referenceText } from './reference.ts';

const introduction = readFileSync(new URL('reference-introduction.md', import.meta.url), 'utf8');
writeFileSync(new URL('../../config/gateway.schema.json', import.meta.url), jsonSchemaText());
writeFileSync(new URL('../../config/README.md', import.meta.url), referenceText(introduction));
