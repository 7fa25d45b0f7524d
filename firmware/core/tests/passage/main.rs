//! One passage from alleged bytes to a permit, through the public face of `gate_core` alone.
//! The rows are those of the tour and of DOMAIN and DESIGN, not what the code answers.

#[cfg(test)]
mod badges;
#[cfg(test)]
mod code_and_card;
#[cfg(test)]
mod codes;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod proofs;
#[cfg(test)]
mod records;
#[cfg(test)]
mod world;
