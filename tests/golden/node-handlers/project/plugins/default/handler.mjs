export default { handle: async () => {} };
