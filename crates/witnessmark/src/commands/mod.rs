//! One function a command: arguments in, answer out.

mod actors;
mod bring;
mod code;
mod confined;
mod copies;
mod copying;
mod erasing;
mod extract;
mod finding;
mod judge;
mod linking;
mod look;
mod pictures;
mod plain;
mod sealing;
mod share;
mod statistics;
mod time;
mod travel;
mod witnessing;

use std::path::Path;

use witnessmark_case::vault::Recovery;
use witnessmark_case::{Case, CaseError, Environment};

use crate::arguments::{
    ActorCommand, Arguments, Command, EscrowCommand, EstimateCommand, ExportCommand, ImportCommand,
    OriginsCommand, PassphraseCommand, RecordCommand, TravelCommand, WarcCommand,
};
use crate::{Ending, agent, demo, output, passphrase, system};

pub(crate) use bring::add_to;
pub(crate) use share::{print_report, verify_path};

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Ending, CaseError> {
    match &arguments.command {
        Command::Init(init) => bring::init(arguments, init),
        Command::Add(add) => bring::add(arguments, add),
        Command::List(list) => look::list(arguments, list),
        Command::Show { id, bytes: true, .. } => look::bytes(arguments, id),
        Command::Show { id, picture: Some(file), .. } => look::picture(arguments, id, file),
        Command::Show { id, text, .. } => look::show(arguments, id, *text),
        Command::Status => look::status(arguments),
        Command::Search(search) => finding::search(arguments, search),
        Command::Record(RecordCommand::Search(search)) => finding::record(arguments, search),
        Command::Cite { capture, exact, occurrence } => {
            code::cite(arguments, capture, exact, *occurrence)
        }
        Command::Confirm(confirm) => judge::confirm(arguments, confirm),
        Command::Compare { earlier, later } => judge::compare(arguments, earlier, later),
        Command::Egress { way } => bring::egress(arguments, way.as_deref()),
        Command::Witness(command) => witnessing::witness(arguments, command),
        Command::Cosign(cosign) => witnessing::cosign(arguments, cosign),
        Command::Export(ExportCommand::Wacz { out, archives, secrets, own }) => {
            share::export_wacz(arguments, out, archives, *secrets, own)
        }
        Command::Export(ExportCommand::Bag(bag)) => copies::export_bag(arguments, bag),
        Command::Import(ImportCommand::Bag { bag, dir }) => copies::import_bag(arguments, bag, dir),
        Command::Replicate(replicate) => copies::replicate(arguments, replicate),
        Command::Copies { command } => copies::copies(arguments, command.as_ref()),
        Command::Check(check) => copies::check(arguments, check),
        Command::Restore(restore) => copies::restore(arguments, restore),
        Command::Same { one, other } => copies::same(arguments, one, other),
        Command::Claim(claim) => code::claim(arguments, claim),
        Command::Import(ImportCommand::Claims { file }) => code::import_claims(arguments, file),
        Command::Import(ImportCommand::Origins { file, edges }) => {
            code::import_origins(arguments, file, edges.as_deref())
        }
        Command::Origins(OriginsCommand::Declare { capture, name, reason }) => {
            code::declare(arguments, capture.as_deref(), name, reason)
        }
        Command::Origins(OriginsCommand::Confirm(edge)) => code::decide(arguments, edge, true),
        Command::Origins(OriginsCommand::Reject(edge)) => code::decide(arguments, edge, false),
        Command::Corroborate { claims } => code::corroborate(arguments, claims),
        Command::Estimate(EstimateCommand::Coverage(coverage)) => match &coverage.statements {
            Some(statements) => statistics::coverage(arguments, coverage, statements),
            None => code::coverage(arguments, coverage),
        },
        Command::Estimate(EstimateCommand::Overlap(overlap)) => {
            statistics::overlap(arguments, overlap)
        }
        Command::Agreement(agreement) => statistics::agreement(arguments, agreement),
        Command::Reconcile(codings) => linking::reconcile(arguments, codings),
        Command::Link(lists) => linking::link(arguments, lists),
        Command::Custody { id, format, bitcoin_headers } => {
            look::custody(arguments, id, *format, bitcoin_headers.as_deref())
        }
        Command::Actor(ActorCommand::Add { name, without_passphrase }) => {
            actors::add(arguments, name.clone(), *without_passphrase)
        }
        Command::Actor(ActorCommand::List) => actors::list(arguments),
        Command::Erase(erase) => erasing::erase(arguments, erase),
        Command::Hold { id, lift } => erasing::hold(arguments, id, *lift),
        Command::Rebuild => bring::rebuild(arguments),
        Command::Seal { old, new, recipient } => copying::seal(arguments, old, new, recipient),
        Command::Publish(publish) => share::publish(arguments, publish),
        Command::Timestamp(timestamp) => time::timestamp(arguments, timestamp),
        Command::Verify { path, time_root, bitcoin_headers } => {
            share::verify(arguments, path.as_deref(), time_root, bitcoin_headers.as_deref())
        }
        Command::Warc(WarcCommand::Check { files }) => plain::warc_check(arguments, files),
        Command::Warc(WarcCommand::Index { files }) => plain::warc_index(files),
        Command::Extract { files, gazetteer } => {
            extract::extract(arguments, files, gazetteer.as_deref())
        }
        Command::Language { files, lines } => plain::language(arguments, files, lines.as_deref()),
        Command::NearDuplicates { file, threshold } => {
            plain::near_duplicates(arguments, file, *threshold)
        }
        Command::Unlock { idle } => sealing::unlock(arguments, *idle),
        Command::Lock => sealing::lock(arguments),
        Command::Passphrase(PassphraseCommand::Change { new_passphrase_file }) => {
            sealing::change_passphrase(arguments, new_passphrase_file.as_deref())
        }
        Command::Recipients(command) => sealing::recipients(arguments, command),
        Command::Escrow(EscrowCommand::Make { shares, needed, out_dir }) => {
            sealing::make_escrow(arguments, *needed, *shares, out_dir)
        }
        Command::Escrow(EscrowCommand::Status) => sealing::escrow_status(arguments),
        Command::Escrow(EscrowCommand::Open { files, new_passphrase_file }) => {
            sealing::open_escrow(arguments, files, new_passphrase_file.as_deref())
        }
        Command::Travel(TravelCommand::Leave { target }) => travel::leave(arguments, target),
        Command::Travel(TravelCommand::Return { target, shares, new_passphrase_file }) => {
            travel::come_back(arguments, target, shares, new_passphrase_file.as_deref())
        }
        Command::Agent => agent::serve().map(|()| Ending::Well),
        Command::ReadOne { memory } => confined::read_one(*memory),
        Command::Confined(confined) => confined::become_program(confined),
        Command::Demo { dir } => demo::run(arguments, dir),
    }
}

/// The case, for reading.
fn open(arguments: &Arguments, command: &str) -> Result<Case, CaseError> {
    let folder = system::case_folder(arguments.case.as_deref())?;
    let environment = environment(arguments, &folder, command)?;
    Case::open(&folder, environment)
}

/// Clock and randomness, and what opens the case.
fn environment(
    arguments: &Arguments,
    folder: &Path,
    command: &str,
) -> Result<Environment, CaseError> {
    let unlocked = passphrase::unlocked(arguments, folder)?;
    Ok(Environment { unlocked, ..system::environment(command) })
}

/// The case, for writing; what a crash left is mended, and said.
fn open_writable(arguments: &Arguments, command: &str) -> Result<Case, CaseError> {
    let folder = system::case_folder(arguments.case.as_deref())?;
    let environment = environment(arguments, &folder, command)?;
    let (mut case, recovery) = Case::open_writable(&folder, environment)?;
    tell(arguments.quiet, &folder, &recovery);
    if let Some(unlocked) = case.unlocked().filter(|_| recovery.unfinished_erasure) {
        agent::replace(unlocked);
    }
    if let Some(name) = &arguments.acting {
        let actor = case.find_actor(name)?;
        let own = match case.has_own_passphrase(actor) {
            true => passphrase::own_of_actor(name)?,
            false => None,
        };
        case.act_as(actor, own.as_ref())?;
    }
    Ok(case)
}

fn tell(quiet: bool, folder: &Path, recovery: &Recovery) {
    if recovery.published > 0 {
        let text =
            format!("finished {} entries that an earlier command had begun", recovery.published);
        output::note(quiet, &text);
    }
    if recovery.unfinished_erasure {
        output::note(quiet, "finished an erasure that an earlier command had begun");
    }
    if !recovery.quarantined.is_empty() {
        let text = format!(
            "an earlier command was cut off: {} blobs that no entry names were moved to {}",
            recovery.quarantined.len(),
            folder.join("quarantine").display()
        );
        output::note(quiet, &text);
    }
}
