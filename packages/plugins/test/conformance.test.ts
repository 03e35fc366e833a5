// The example's own test, as its author would run it.
import '../../../examples/plugins/acme/test/acme.test.js';
