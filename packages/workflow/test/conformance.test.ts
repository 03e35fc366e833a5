import { createLocalEngine, memoryStore } from '@fw/workflow';
import { testEngine, testStore } from '@fw/workflow/conformance';
import { sqliteStore } from '@fw/workflow/sqlite';
import { temporaryFile } from './programs.ts';

testStore('memory', () => ({ store: memoryStore() }));
testStore('sqlite', () => {
  const file = temporaryFile();
  return { store: sqliteStore(file), again: sqliteStore(file) };
});

testEngine('local, memory', () => {
  const store = memoryStore();
  return (options) => createLocalEngine({ store, ...options });
});
testEngine('local, sqlite', () => {
  const file = temporaryFile();
  return (options) => createLocalEngine({ store: sqliteStore(file), ...options });
});
