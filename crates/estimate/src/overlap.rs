//! Overlap of lists (multiple systems estimation): how many persons are on none of them?
//!
//! Several lists name victims of the same events. Who is on two lists and who on one says something
//! about who is on none, under assumptions that the lists themselves cannot prove. So [`overlap()`]
//! runs every method that the lists allow, shows how far the answers move when the prior changes or a
//! list is left out, and refuses a single figure when a [rule](crate::RuleCode) says so.
//!
//! | method | function | what it takes for granted |
//! |---|---|---|
//! | log-linear models | [`compare_models`], [`fit_model`] | the terms of the model, and no others |
//! | decomposable graphs | [`average_graphs`] | some conditional independence; a prior weight δ |
//! | latent classes | [`latent_classes`] | independence of lists within classes |
//! | two lists | [`chapman`] | independence of the two |
//! | lower bound | [`chao`] | lists that are independent for each person |
//! | strata, several linkages | [`overlap_sheet`] | the same, in each of them |
//!
//! No method sees persons whom no list could reach: with 30 % of 2,000 out of reach, all of them give
//! about 1,400, with a narrow interval. That is why a written statement on closure, reachability and
//! selection is asked for.

mod answering;
mod closed;
mod dga;
mod existence;
mod graphs;
mod grouped;
mod latent;
mod lists;
mod loglinear;
mod poisson;
mod profile;
mod replicates;
mod rules;
mod sheet;
mod sparse;

pub(crate) use dga::share_up_to;
pub(crate) use graphs::{Graph, decomposable};
pub(crate) use latent::run_chain;

pub use answering::{
    ChapmanPairs, Combination, DeltaStep, LinkageOverlap, Method, Methods, Overlap, OverlapError,
    OverlapOptions, Replicates, Sensitivity, Strata, StratumOverlap, StratumSum, WithoutList,
    overlap,
};
pub use closed::{Chao, ChapmanPair, ClassicalModel, Point, chao, chapman, fit_classical};
pub use dga::{Dga, DgaOptions, GraphWeight, Prior, average_graphs};
pub use existence::Unfit;
pub use grouped::overlap_sheet;
pub use latent::{LatentClassOptions, LatentClasses, latent_classes};
pub use lists::Lists;
pub use loglinear::{LogLinear, Model, ModelFit, compare_models, fit_model};
pub use replicates::{Combined, Replicate, combine_replicates};
pub use sheet::{ListSheet, StratumLists};
pub use sparse::{Stepwise, stepwise};
