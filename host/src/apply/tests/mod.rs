mod crash;
mod guards;
mod planner;
mod runs;
mod state_attacks;
mod world;
