//! The host name: what kind of endpoint it is, where it leads, and for which region it is signed.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _, UdpSocket};
use std::time::Duration;

use rdsiam::{Client, ErrorKind, region_of_host};
use simple_dns::rdata::RData;
use simple_dns::{CLASS, Name, Packet, PacketFlag, Question, TYPE};

use super::cause::Cause;
use super::report::{Finding, Report};
use crate::aws::endpoint::Endpoint;
use crate::connection::Connection;

const STEP: &str = "name";

/// Where to dial, if the name leads anywhere.
pub(super) fn look(
    connection: &Connection,
    client: &Client,
    server: Option<SocketAddr>,
    report: &mut Report,
) -> Vec<SocketAddr> {
    let dialled = connection.dialled_name();
    let found = (dialled.trim_matches(['[', ']']), connection.port).to_socket_addrs();
    let addresses: Vec<SocketAddr> = found.map(Iterator::collect).unwrap_or_default();
    let aliases = aliases(dialled, server);
    report.add(judge(connection, &addresses, &aliases));
    if addresses.is_empty() {
        report.add(
            Finding::bad(STEP, Cause::NameNotFound, format!("{dialled} leads to no address"))
                .remedy(
                    "check the spelling; a database that is not public has its name in its VPC and \
                 where its zone is shared",
                ),
        );
    }
    region(connection, client, report);
    addresses
}

fn judge(connection: &Connection, addresses: &[SocketAddr], aliases: &[String]) -> Finding {
    let host = &connection.host;
    let endpoint = Endpoint::of_host(host);
    let mut seen = format!("{host} is {}", endpoint.kind());
    if let Some(dialled) = &connection.dialled {
        seen.push_str(&format!(", reached by {dialled}"));
    }
    if !aliases.is_empty() {
        seen.push_str(&format!("; CNAME {}", aliases.join(" -> ")));
    }
    let shown: Vec<String> = addresses.iter().take(3).map(|one| one.ip().to_string()).collect();
    if !shown.is_empty() {
        seen.push_str(&format!("; {}", shown.join(", ")));
    }
    if endpoint != Endpoint::Other {
        return Finding::good(STEP, seen);
    }
    let behind = aliases.iter().find(|name| Endpoint::of_host(name) != Endpoint::Other);
    match behind {
        Some(name) => Finding::bad(STEP, Cause::NameIsNotRds, seen)
            .remedy(format!("sign for the endpoint behind the name: --sign-host {name}")),
        None => {
            let local = host.parse::<IpAddr>().is_ok() || host == "localhost";
            let what = if local { "a tunnel" } else { "a name of your own" };
            Finding::doubt(STEP, Cause::NameIsNotRds, seen).remedy(format!(
                "if this is {what}, give the endpoint that RDS shows by --sign-host: the token and \
                 the certificate are for that"
            ))
        }
    }
}

fn region(connection: &Connection, client: &Client, report: &mut Report) {
    const STEP: &str = "region";
    let of_host = region_of_host(&connection.host);
    let finding = match client.region(&connection.target()) {
        Ok(region) => match of_host {
            Some(of_host) if of_host != region => Finding::bad(
                STEP,
                Cause::RegionMismatch,
                format!("signed for {region}, but the host is in {of_host}"),
            )
            .remedy("leave --region out: the host name has it"),
            Some(_) => Finding::good(STEP, format!("{region}, by the host name")),
            None => Finding::good(
                STEP,
                format!("{region}, by the option, the environment or the profile"),
            ),
        },
        Err(error) if error.kind() == ErrorKind::RegionMissing => {
            Finding::bad(STEP, Cause::RegionMissing, error.to_string())
                .remedy("give --region, or set AWS_REGION")
        }
        Err(error) => Finding::not_checked(STEP, error.to_string()),
    };
    report.add(finding);
}

/// The names that a name stands for, one after the other.
fn aliases(name: &str, server: Option<SocketAddr>) -> Vec<String> {
    if name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
        return Vec::new();
    }
    let server = server.or_else(system_server);
    server.and_then(|server| ask(name, server)).unwrap_or_default()
}

fn system_server() -> Option<SocketAddr> {
    let text = std::fs::read_to_string("/etc/resolv.conf").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("nameserver"))?;
    Some(SocketAddr::new(line.trim().parse().ok()?, 53))
}

fn ask(name: &str, server: SocketAddr) -> Option<Vec<String>> {
    let number = u16::try_from(std::process::id() % 65_536).unwrap_or(1);
    let mut question = Packet::new_query(number);
    question.set_flags(PacketFlag::RECURSION_DESIRED);
    let wanted = Question::new(Name::new(name).ok()?, TYPE::A.into(), CLASS::IN.into(), false);
    question.questions.push(wanted);
    let any: SocketAddr =
        if server.is_ipv4() { ([0; 4], 0).into() } else { ([0_u16; 8], 0).into() };
    let socket = UdpSocket::bind(any).ok()?;
    socket.set_read_timeout(Some(Duration::from_secs(2))).ok()?;
    socket.connect(server).ok()?;
    socket.send(&question.build_bytes_vec().ok()?).ok()?;
    let mut bytes = [0; 4096];
    let length = socket.recv(&mut bytes).ok()?;
    let answer = Packet::parse(bytes.get(..length)?).ok()?;
    (answer.id() == number).then_some(())?;
    let mut chain = Vec::new();
    let mut at = name.trim_end_matches('.').to_ascii_lowercase();
    // In the order of the chain, whatever that of the answer is, and no further than a loop.
    while chain.len() < 16 {
        let next = answer.answers.iter().find_map(|record| match &record.rdata {
            RData::CNAME(to) if record.name.to_string().eq_ignore_ascii_case(&at) => {
                Some(to.0.to_string().to_ascii_lowercase())
            }
            _ => None,
        });
        let Some(next) = next else { break };
        chain.push(next.clone());
        at = next;
    }
    Some(chain)
}
