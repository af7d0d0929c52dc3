import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;

/** What a JDBC driver does: transactions, batches, a query with a timeout, rows that are streamed. */
public final class Check {
    public static void main(String[] arguments) throws SQLException {
        Properties login = new Properties();
        login.setProperty("user", System.getenv("DB_USER"));
        login.setProperty("password", System.getenv("DB_PASSWORD"));
        boolean isPostgres = arguments[0].startsWith("jdbc:postgresql:");
        if (isPostgres) {
            login.setProperty("sslmode", "prefer");
        } else if (arguments[0].startsWith("jdbc:mysql:")) {
            login.setProperty("sslMode", "PREFERRED");
        }
        try (Connection connection = DriverManager.getConnection(arguments[0], login)) {
            System.out.println("connected");
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                statement.execute("CREATE TEMPORARY TABLE jdbc_check (x int)");
                connection.commit();
                statement.execute("INSERT INTO jdbc_check VALUES (1)");
                connection.rollback();
                System.out.println(count(statement) == 0 ? "rolled-back" : "kept");
            }
            try (PreparedStatement insert =
                    connection.prepareStatement("INSERT INTO jdbc_check VALUES (?)")) {
                for (int n = 0; n < 1000; n++) {
                    insert.setInt(1, n);
                    insert.addBatch();
                }
                insert.executeBatch();
            }
            try (Statement statement = connection.createStatement()) {
                System.out.println("batched:" + count(statement));
                connection.commit();
                statement.setQueryTimeout(1);
                long began = System.nanoTime();
                try {
                    statement.execute(isPostgres ? "SELECT pg_sleep(30)" : "SELECT SLEEP(30)");
                } catch (SQLException expected) {
                    connection.rollback();
                }
                System.out.println(System.nanoTime() - began < 20e9 ? "cancelled" : "slept");
            }
            try (Statement statement = connection.createStatement()) {
                statement.setFetchSize(100);
                String numbers = isPostgres
                        ? "SELECT repeat('x', 100) FROM generate_series(1, 100000)"
                        : "SELECT REPEAT('x', 100) FROM seq_1_to_100000";
                int rows = 0;
                try (ResultSet found = statement.executeQuery(numbers)) {
                    while (found.next()) {
                        rows += found.getString(1).length() / 100;
                    }
                }
                System.out.println("streamed:" + rows);
            }
        }
    }

    private static int count(Statement statement) throws SQLException {
        try (ResultSet found = statement.executeQuery("SELECT count(*) FROM jdbc_check")) {
            found.next();
            return found.getInt(1);
        }
    }
}
