"""Long sampling: what it will ask for and cost, and samples that are written as they come, from which a run goes on."""
