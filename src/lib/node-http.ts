/**
 * What is used of `node:http`. An import of that module reads all that it exports, and a part of that loads the whole client
 * behind `fetch`: 40 ms in each thread. Types are taken from there all the same.
 */
export const { Agent, METHODS, STATUS_CODES, ServerResponse, createServer, request, validateHeaderName, validateHeaderValue } = process.getBuiltinModule('node:http');
