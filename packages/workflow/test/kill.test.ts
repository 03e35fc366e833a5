import { testEngineCrashes } from '@fw/workflow/conformance';

// proofs/kill.proof.ts does all of them; this is a sample that takes every kind of place and every number of resumers.
testEngineCrashes('local, sqlite', new URL('../proofs/sqlite-site.ts', import.meta.url));
