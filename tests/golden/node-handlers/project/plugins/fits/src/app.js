export const jobs = { mail: async () => {} };
