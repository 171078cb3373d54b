mod crash;
mod guards;
mod runs;
mod state_attacks;
mod world;
