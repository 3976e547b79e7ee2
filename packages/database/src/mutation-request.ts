// Table `mutation_request`, which subgraphs write and the migration worker clears: what both have to know of it.

/** How long a mutation is remembered under its client's id: longer than any client tries again. Then the id is free, and the row may go. */
export const MUTATION_HOURS = 24
