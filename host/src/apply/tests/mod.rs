mod crash;
mod disk;
mod guards;
mod planner;
mod runs;
mod state_attacks;
mod world;
