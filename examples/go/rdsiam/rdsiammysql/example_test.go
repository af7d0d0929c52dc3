package rdsiammysql_test

import (
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"fmt"
	"log"
	"os"

	"github.com/go-sql-driver/mysql"

	"rdsiam"
	"rdsiam/rdsiammysql"
)

func Example() {
	client, err := rdsiam.New()
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	config := mysql.NewConfig()
	config.Net, config.Addr = "tcp", os.Getenv("DB_ADDRESS") // mydb.abc123.us-east-1.rds...:3306
	config.User, config.DBName = os.Getenv("DB_USER"), os.Getenv("DB_NAME")
	config.TLS = &tls.Config{RootCAs: certificates(os.Getenv("DB_CA"))}
	connector, err := rdsiammysql.Connector(config, client)
	if err != nil {
		log.Fatal(err)
	}
	db := sql.OpenDB(connector)
	defer db.Close()

	var user string
	if err := db.QueryRow("SELECT SUBSTRING_INDEX(CURRENT_USER(), '@', 1)").Scan(&user); err != nil {
		log.Fatal(err)
	}
	fmt.Println("logged in as", user)
	// Output: logged in as app_iam
}

// certificates are those of AWS, from the file that it offers for download.
func certificates(file string) *x509.CertPool {
	text, err := os.ReadFile(file)
	if err != nil {
		log.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		log.Fatal("no certificate in ", file)
	}
	return roots
}
