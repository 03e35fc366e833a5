import '../../../examples/testing/agent.test.js';
